// The views, in the order of the navigation. A view is one entry here and one module in views/.
//
//   {name, title, icon, scope, View}     `name` is its address (#/name); `scope` is what the key needs to see it

import {Chat} from "./views/chat.js";

export const VIEWS = [
  {name: "chat", title: "Chat", icon: "chat", scope: "chat", View: Chat},
];
