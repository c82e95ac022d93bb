"""The DynamoDB, SQS and SSM that the functions use under `make run`, chosen by STORE."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from local import dynamodb, dynamodb_local
from local.environment import Environment
from local.ministack import Ministack, MinistackError
from local.template import Template

DISK = "disk"
DISK_FILE = Path(".agentos", "store.sqlite")
"""Below the folder of template.yaml: where STORE=disk keeps its data."""
DYNAMODB_LOCAL = "dynamodb-local"
DYNAMODB_LOCAL_FOLDER = ".dynamodb"
"""Below the folder of template.yaml: where DynamoDB Local keeps its data."""
DYNAMODB_LOCAL_QUEUES = Path(DYNAMODB_LOCAL_FOLDER, "queues.sqlite")


TENANT_PARAMETERS = "/agentos/tenants"
"""Below this path of the parameter store are the keys that tenants bring."""


class StoreError(Exception):
    """There is no DynamoDB, no table in it, or it has ended. The text says why."""


class Store:
    """Starts what STORE and the endpoints in the environment ask for. Use it as a context manager.

    An endpoint that the user has set wins: nothing is started for it.
    """

    def __init__(self, root: Path, environment: Environment) -> None:
        """Begin to start it, so that the rest of the host can be prepared meanwhile. Raises StoreError."""
        self._environment = environment
        self._choice = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("STORE")
        if self._choice not in ("", DISK, DYNAMODB_LOCAL) and "://" not in self._choice:
            raise StoreError(f"STORE must be {DISK}, {DYNAMODB_LOCAL} or a URL, not {self._choice}")
        self._root = root
        self._failure = ""
        self._parts = ExitStack()
        self._ministack: Ministack | None = None
        if self._choice in ("", DISK) or not environment.get("AWS_ENDPOINT_URL_SQS"):
            file = {DISK: DISK_FILE, DYNAMODB_LOCAL: DYNAMODB_LOCAL_QUEUES}.get(self._choice)
            try:
                self._ministack = Ministack(root / file if file else None)
            except MinistackError as error:
                raise StoreError(str(error)) from None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()
        if self._ministack:
            self._ministack.stop()

    def watch(self, on_end: Callable[[], None]) -> None:
        """Call `on_end`, in another thread, if the store's process ends by itself. Then `check` raises."""

        def ended(code: int) -> None:
            kept = {DISK: DISK_FILE.parent, DYNAMODB_LOCAL: DYNAMODB_LOCAL_FOLDER}.get(self._choice)
            data = f"what it has answered is kept in {kept}/" if kept else "what was in memory is lost"
            self._failure = f"the store has ended by itself (exit code {code}); {data}. Start the host again."
            on_end()

        if self._ministack:
            self._ministack.watch(ended)

    def check(self) -> None:
        """Raises StoreError if the store's process has ended by itself."""
        if self._failure:
            raise StoreError(self._failure)

    def wait(self, template: Template) -> str:
        """Wait until it serves and has the template's table; what to say of it. Raises StoreError.

        The functions find the services by AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_SSM.
        Without a parameter store here, tenants can bring no keys of their own.
        """
        try:
            ministack = self._ministack.wait() if self._ministack else ""
            url, summary = self._dynamodb(ministack)
            self._environment.defaults["AWS_ENDPOINT_URL_DYNAMODB"] = url
            if ministack:
                self._environment.defaults["AWS_ENDPOINT_URL_SQS"] = ministack
                self._environment.defaults["AWS_ENDPOINT_URL_SSM"] = ministack
                self._environment.defaults["TENANT_PARAMETERS"] = TENANT_PARAMETERS
            self._environment.refresh()
            created = dynamodb.ensure_table(url, template)
        except (MinistackError, dynamodb.DynamoDBError, dynamodb_local.DynamoDBLocalError) as error:
            raise StoreError(str(error)) from None
        return summary if created else f"{summary}; table {template.table['TableName']} was there"

    def _dynamodb(self, ministack: str) -> tuple[str, str]:
        """Its URL, and what to say of it. Raises DynamoDBLocalError."""
        if self._choice == "":
            return ministack, "in memory, gone when this stops"
        if self._choice == DISK:
            return ministack, f"on disk, sessions and queues are kept in {DISK_FILE.parent}/"
        if self._choice == DYNAMODB_LOCAL:
            url = self._parts.enter_context(dynamodb_local.serving(self._root / DYNAMODB_LOCAL_FOLDER))
            return url, f"DynamoDB Local at {url}, its data is kept in {DYNAMODB_LOCAL_FOLDER}/"
        return self._choice, self._choice
