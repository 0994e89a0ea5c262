/** A conversation, message by message. */

import { h } from "./dom.js";
import { tree } from "./tree.js";

const SIDES = { user: "user", human: "user", prompter: "user", assistant: "assistant", gpt: "assistant", bot: "assistant", model: "assistant", chatgpt: "assistant" };
const SHOWN = new Set(["role", "from", "content", "value", "text", "name"]);

/** The parts of what was said: text as text, anything else as a tree. */
function said(content) {
  if (typeof content === "string") return [h("p", { dir: "auto" }, content)];
  if (Array.isArray(content)) return content.map((part) => (typeof part?.text === "string" ? h("p", { dir: "auto" }, part.text) : tree(part)));
  return content === null || content === undefined ? [] : [tree(content)];
}

function bubble(message) {
  const speaker = String(message.role ?? message.from ?? "?");
  const side = SIDES[speaker.toLowerCase()] ?? "aside";
  const rest = Object.entries(message).filter(([name, value]) => !SHOWN.has(name) && value !== null && value !== undefined);
  return h(
    "li",
    { class: `message ${side}` },
    h("span", { class: "speaker" }, message.name ? `${speaker} · ${message.name}` : speaker),
    h("div", { class: "said" }, said(message.content ?? message.value ?? message.text)),
    rest.length > 0 && h("div", { class: "extra" }, tree(Object.fromEntries(rest))),
  );
}

/** Draw messages as a conversation. */
export function conversation(messages) {
  return h("ol", { class: "conversation" }, messages.map(bubble));
}
