// What a script of the package fastapi-swagger puts there before ours.
interface SwaggerUI {
  initOAuth: (options: Record<string, unknown>) => void;
}
/** What Swagger UI keeps while somebody signs in in another window. */
interface WaitingAuthorization {
  auth: { name: string; code?: string };
  state: string;
  redirectUrl: string;
  callback: (given: { auth: { name: string; code?: string }; redirectUrl: string }) => void;
  errCb: (error: { authId: string; source: string; level: string; message: string }) => void;
}
interface Window {
  SwaggerUIBundle: (options: Record<string, unknown>) => SwaggerUI;
  swaggerUIRedirectOauth2?: WaitingAuthorization;
}
