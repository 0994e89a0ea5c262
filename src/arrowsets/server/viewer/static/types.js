/** Feature types: what kind of thing a column holds, and how its type is written in few letters. */

const INTEGER = /^u?int\d+$/;
const FLOAT = /^(float|double|half)/;
const TIME = /^(timestamp|date|time|duration)/;
const MEDIA = { Image: "image", Audio: "audio", Video: "video", Pdf: "file", Nifti: "file", Mesh: "file" };
const SPEAKER = ["role", "from"];
const SAID = ["content", "value", "text"];

function kindOfValue(dtype) {
  if (INTEGER.test(dtype)) return "int";
  if (FLOAT.test(dtype) || dtype.startsWith("decimal")) return "float";
  if (dtype === "bool" || dtype === "bool_") return "bool";
  if (TIME.test(dtype)) return "time";
  if (dtype.includes("binary")) return "binary";
  return dtype === "null" ? "null" : "text";
}

/** The type of a list's items, or null where the type is no list. */
export function itemType(type) {
  if (Array.isArray(type)) return type[0];
  return type && ["List", "LargeList", "Sequence"].includes(type._type) ? type.feature : null;
}

/** The fields of a struct as a plain object, or null. */
export function fieldsOf(type) {
  if (!type || typeof type !== "object" || Array.isArray(type) || typeof type._type === "string") return null;
  return type;
}

/** Whether the names are those of one message of a conversation. */
function areOfMessage(names) {
  return SPEAKER.some((name) => names.includes(name)) && SAID.some((name) => names.includes(name));
}

/** Whether a value is a conversation: a list of messages, each with a speaker and what was said. */
export function isChat(value) {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each !== null && typeof each === "object" && areOfMessage(Object.keys(each)))
  );
}

/** One word for what a column holds; cells, headers and filters choose by it. */
export function kindOf(type) {
  const item = itemType(type);
  if (item !== null && item !== undefined) {
    const fields = fieldsOf(item);
    return fields && areOfMessage(Object.keys(fields)) ? "chat" : "list";
  }
  if (fieldsOf(type)) return "struct";
  if (type?._type === "Value") return kindOfValue(type.dtype);
  if (type?._type === "ClassLabel") return "label";
  if (type?._type?.startsWith("Array")) return "array";
  if (type?._type?.startsWith("Translation")) return "struct";
  if (type?._type === "Json") return "json";
  return MEDIA[type?._type] ?? "text";
}

/** The icon of a kind. */
export function iconOf(kind) {
  return { json: "struct", null: "text" }[kind] ?? kind;
}

/** The type in few letters: `int64`, `list<string>`, `struct · 3 fields`, `label · 10`. */
export function typeLabel(type) {
  const item = itemType(type);
  if (item !== null && item !== undefined) return kindOf(type) === "chat" ? "messages" : `list<${typeLabel(item)}>`;
  const fields = fieldsOf(type);
  if (fields) return `struct · ${Object.keys(fields).length}`;
  if (type?._type === "Value") return type.dtype;
  if (type?._type === "ClassLabel") return `class · ${type.names?.length ?? type.num_classes ?? "?"}`;
  if (type?._type?.startsWith("Array")) return `${type.dtype} ${(type.shape ?? []).map((side) => side ?? "?").join("×")}`;
  return String(type?._type ?? "unknown").toLowerCase();
}

/** The name of a class, by its number. */
export function className(type, value) {
  return Number.isInteger(value) ? (type?.names?.[value] ?? null) : null;
}

/** Whether numbers stand in the column, which are set flush right. */
export function isNumeric(kind) {
  return kind === "int" || kind === "float";
}

/** Whether the server can put rows in order by the column. */
export function isSortable(kind) {
  return ["int", "float", "bool", "time", "text", "label"].includes(kind);
}
