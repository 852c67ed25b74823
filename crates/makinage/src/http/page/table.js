// A table: rows and columns where there is room, a card for each row on a phone.
//
// The roles are said, since a browser forgets them where the style sheet makes cards of rows.

import { h } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * A column: its values are numbers, or texts of any length that somebody else wrote, or a word.
 *
 * @template Row
 * @typedef {{ name: string, number?: boolean, free?: boolean, cell: (row: Row) => Child | Child[] }} Column
 */

/**
 * A table of `rows`; where there are none, what `empty` says. `key` names a row among the others.
 *
 * @template Row
 * @param {{ label: string, empty: string, key: (row: Row) => string, mood?: (row: Row) => string | null }} what
 * @param {Column<Row>[]} columns
 * @param {Row[]} rows
 */
export function table({ label, empty, key, mood }, columns, rows) {
  if (rows.length === 0) return h("p", { class: "quiet" }, empty);
  const look = (/** @type {Column<Row>} */ { number, free }) => (number ? "number" : free ? "free" : null);
  const heads = columns.map((column) =>
    h("th", { scope: "col", role: "columnheader", class: look(column) }, column.name),
  );
  const line = (/** @type {Row} */ row) =>
    h(
      "tr",
      { role: "row", "data-key": key(row), class: mood?.(row) },
      columns.map((column) =>
        h("td", { role: "cell", "data-name": column.name, class: look(column) }, column.cell(row)),
      ),
    );
  return h(
    "table",
    { role: "table", "aria-label": label },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, rows.map(line)),
  );
}
