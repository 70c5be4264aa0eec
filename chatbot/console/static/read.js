// The read-only page of one conversation.

import {byId} from "./dom.js";
import {drawLines} from "./lines.js";

drawLines(byId("lines"), JSON.parse(byId("data").textContent));
