// The views, in the order of the navigation. A view is one entry here and one module in views/.
//
//   {name, title, icon, scope, View}     `name` is its address (#/name); `scope` is what the key needs to see it

import {Access} from "./views/access.js";
import {Agents} from "./views/agents.js";
import {Chat} from "./views/chat.js";
import {Providers} from "./views/providers.js";
import {Sessions} from "./views/sessions.js";
import {Usage} from "./views/usage.js";
import {WhatIf} from "./views/what_if.js";

export const VIEWS = [
  {name: "chat", title: "Chat", icon: "chat", scope: "chat", View: Chat},
  {name: "agents", title: "Agents", icon: "agents", scope: "agents:read", View: Agents},
  {name: "sessions", title: "Sessions", icon: "sessions", scope: "chat", View: Sessions},
  {name: "what-if", title: "What if", icon: "compare", scope: "chat", View: WhatIf},
  {name: "providers", title: "Providers", icon: "providers", View: Providers},
  {name: "usage", title: "Usage", icon: "usage", scope: "usage", View: Usage},
  {name: "access", title: "Access", icon: "access", scope: "admin", View: Access},
];
