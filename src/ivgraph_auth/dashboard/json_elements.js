// Reads one JSON object while it comes, element by element, so that no answer is ever held as one text.

const [QUOTE, COMMA, COLON, LIST, BACKSLASH, LIST_END, OBJECT, OBJECT_END] = [34, 44, 58, 91, 92, 93, 123, 125];

export class ElementReader {
  #rest = "";
  #depth = 0;
  #start = -1; // of the element, or of the text beside lists, that is being read
  #base = 0; // the depth in which that element stands
  #inText = false;
  #escaped = false;
  #inList = false;
  #expectsKey = true;
  #key = "";
  #emit;

  /** @param {(key: string, value: any) => void} emit is told each object in a list, and each object and text beside */
  constructor(emit) {
    this.#emit = emit;
  }

  /** Whether the object has come to its end. */
  get complete() {
    return this.#depth === 0 && this.#key !== "";
  }

  /** @param {string} chunk */
  feed(chunk) {
    const text = this.#rest + chunk;
    for (let at = this.#rest.length; at < text.length; at += 1) this.#step(text, at, text.charCodeAt(at));
    this.#rest = this.#start < 0 ? "" : text.slice(this.#start);
    if (this.#start > 0) this.#start = 0;
  }

  /**
   * @param {string} text
   * @param {number} at
   * @param {number} code
   */
  #step(text, at, code) {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#endText(text, at);
    } else if (code === QUOTE) {
      this.#inText = true;
      if (this.#depth === 1) this.#start = at;
    } else if (code === OBJECT || code === LIST) {
      if (code === OBJECT && this.#start < 0 && (this.#depth === 1 || (this.#depth === 2 && this.#inList))) {
        [this.#start, this.#base] = [at, this.#depth];
      } else if (this.#depth === 1) this.#inList = true;
      this.#depth += 1;
    } else if (code === OBJECT_END || code === LIST_END) {
      this.#depth -= 1;
      if (this.#start >= 0 && this.#depth === this.#base) this.#tell(text, at);
      else if (this.#depth === 1) this.#inList = false;
    } else if (this.#depth === 1 && (code === COLON || code === COMMA)) this.#expectsKey = code === COMMA;
  }

  /**
   * @param {string} text
   * @param {number} at
   */
  #endText(text, at) {
    this.#inText = false;
    if (this.#depth !== 1) return;
    if (!this.#expectsKey) return this.#tell(text, at);
    this.#key = JSON.parse(text.slice(this.#start, at + 1));
    this.#start = -1;
  }

  /**
   * @param {string} text
   * @param {number} at
   */
  #tell(text, at) {
    const value = JSON.parse(text.slice(this.#start, at + 1));
    this.#start = -1;
    this.#emit(this.#key, value);
  }
}
