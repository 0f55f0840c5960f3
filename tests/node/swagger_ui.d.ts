// What a script of the package fastapi-swagger puts there before ours.
interface Window {
  SwaggerUIBundle: (options: Record<string, unknown>) => unknown;
}
