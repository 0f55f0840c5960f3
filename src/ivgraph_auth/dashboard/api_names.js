// Tables that have words for names of the API.

/**
 * What a table has for a name that the service gave, which may be newer or older than this page.
 * @template {string} K
 * @template V
 * @param {Record<K, V>} table
 * @param {string} name
 * @returns {V | undefined}
 */
export const lookUp = (table, name) => (Object.hasOwn(table, name) ? table[/** @type {K} */ (name)] : undefined);

/**
 * The options of a filter: values and what they are called, by group, in the order of the table.
 * @param {Record<string, { group: string, name: string }>} table
 * @returns {[group: string, options: [value: string, name: string][]][]}
 */
export function grouped(table) {
  /** @type {Map<string, [string, string][]>} */
  const groups = new Map();
  for (const [value, { group, name }] of Object.entries(table)) {
    groups.set(group, [...(groups.get(group) ?? []), [value, name]]);
  }
  return [...groups];
}
