"""English prose of a given length, other words for every message: what a conversation compresses like."""

import random

SENTENCES = """
The migration went through on Tuesday night, and by the morning every report had the figures that finance expected.
Nobody on the team had touched the importer in two years, so we read its tests before we dared to change a line.
If the invoice is older than ninety days, a reminder goes out and the account manager gets a short note about it.
A colleague in Lisbon suggested that we cache the exchange rates, since they change once a day at most.
Under heavy load the queue grew to forty thousand jobs, yet none of them waited longer than six minutes.
You may want to compare both offers side by side: the cheaper one charges for storage, the other for requests.
We chose the smaller machine because its fans are quiet, and the office has thin walls and a sleeping dog.
Customers rarely complain about slow pages; they leave, and we notice a week later in the numbers.
The contract ends in March, so whatever replaces it must have been running for a month before then.
To reproduce the fault, open the calendar in a browser whose time zone lies west of Greenland.
Three of the seven sensors drift with temperature, which a simple linear correction takes care of.
My recommendation is to begin with the warehouse in Leeds, where the staff have asked for it themselves.
Each translation was checked by a native speaker, though the Danish one still sounds rather formal.
Backups are encrypted on the laptop already, which means that a lost password cannot be recovered by anybody.
Please keep the old endpoint alive until autumn; a few partners update their software only once a year.
What surprised us most was how many people print the summary and pin it above the coffee machine.
Rain delayed the survey, but the drone pictures turned out sharper than those from the summer.
As a rule of thumb, allow twice the time that the estimate says and a third of the budget for repairs.
The library forgets its settings after a crash, so write them down before you experiment with the driver.
In the end the quarrel about names took longer than the work itself, and both sides found that funny.
An apprentice spotted that two columns had been swapped since April, which explained half of the complaints.
Should the supplier fail again, we can fall back on the depot near Graz and still deliver within the week.
""".strip().splitlines()


def prose(length: int, number: int) -> str:
    """So many bytes; `number` shuffles the sentences and puts figures of its own between them. None comes twice."""
    draw = random.Random(number)
    sentences = draw.sample(SENTENCES, len(SENTENCES))
    text = " ".join(f"{sentence} (See no. {draw.randrange(10_000)}.)" for sentence in sentences)
    assert len(text) >= length
    return text[:length]
