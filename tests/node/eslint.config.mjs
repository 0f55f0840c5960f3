import js from "@eslint/js";

const MARKUP = "Text is set as text, so that nothing that somebody named can become markup.";
const markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe"];

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off", // tsc knows what browsers have
      "no-warning-comments": ["error", { terms: ["@ts-ignore", "@ts-expect-error", "@ts-nocheck"], location: "anywhere" }],
      "no-restricted-properties": ["error", ...markup.map((property) => ({ property, message: MARKUP }))],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
  { files: ["**/static/*.js"], languageOptions: { sourceType: "script" } },
];
