// The types that the dashboard's files share; browsers never ask for this file. The API's answers are typed by its OpenAPI
// document, from which .ci/check-javascript makes the module `openapi`.
import type { components, paths } from "openapi";
import type { Camera } from "./graph/camera.js";

type Schemas = components["schemas"];
export type App = Schemas["AppOut"];
export type AppCreated = Schemas["AppCreated"];
export type AppDetails = Schemas["AppDetails"];
export type AppScope = NonNullable<Schemas["AppCreate"]["scopes"]>[number];
export type AppType = App["app_type"];
export type AuditPage = Schemas["AuditPage"];
export type AuditRow = Schemas["AuditRow"];
export type Connection = Schemas["ConnectionOut"];
export type Event = Schemas["Event"];
export type Grant = Schemas["GrantOut"];
export type GraphEdge = Schemas["EdgeOut"];
export type GraphFreshness = Pick<Schemas["SearchOut"], "as_of" | "gaps" | "waiting">;
export type GraphGap = Schemas["GapOut"];
export type GraphNode = Schemas["NodeOut"];
export type GraphNodeDetails = Schemas["NodeDetails"];
export type Neighbor = Schemas["NeighborOut"];
export type GraphPaths = Schemas["PathsOut"];
export type RedirectUri = Schemas["RedirectUriOut"];
export type UriType = RedirectUri["uri_type"];
export type Run = Schemas["RunOut"];
export type Me = Schemas["Me"];
export type NextStep = Schemas["NextStepOut"];
export type Outcome = Schemas["Outcome"];
export type Scope = Schemas["TokenCreate"]["scopes"][number];
export type ServiceToken = Schemas["TokenOut"];
export type Session = Schemas["SessionOut"];
export type TokenCreate = Schemas["TokenCreate"];
export type TokenCreated = Schemas["TokenCreated"];
export type Workspace = Schemas["WorkspaceOut"];

// A request: a method and a path of the OpenAPI document, with what they take and what they answer.
export type Method = "GET" | "POST" | "PATCH" | "DELETE";
export type Path<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<M extends Method, P extends keyof paths> = paths[P][Lowercase<M> & keyof paths[P]];
type PathParameters<O> = O extends { parameters: { path: infer T } } ? { params: T } : { params?: undefined };
type Query<O> = O extends { parameters: { query?: infer T } } ? { query?: T | URLSearchParams } : { query?: undefined };
type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } }
  ? { body: T }
  : { body?: Record<string, never> };
export type RequestOptions<M extends Method, P extends keyof paths> = PathParameters<Operation<M, P>> &
  Query<Operation<M, P>> &
  Body<Operation<M, P>> & {
    /** Sends the browser's cookies, which requests do without otherwise. */
    cookies?: boolean;
  };
type Success<R> = R[keyof R & (200 | 201 | 202 | 204)];
type Json<R> = R extends { content: { "application/json": infer T } } ? T : null;
export type Answer<M extends Method, P extends keyof paths> =
  Operation<M, P> extends { responses: infer R } ? Json<Success<R>> : never;
/** Options may be left out where none is required. */
type Options<T> = object extends T ? [options?: T] : [options: T];
export type Call = <M extends Method, P extends Path<M>>(
  method: M,
  path: P,
  ...options: Options<RequestOptions<M, P>>
) => Promise<Answer<M, P>>;
export type AuthorizedRequest = <M extends Method, P extends Path<M>>(
  access: string | null,
  method: M,
  path: P,
  ...options: Options<RequestOptions<M, P>>
) => Promise<Answer<M, P>>;
/** The same, as it is sent. */
export interface AnyRequestOptions {
  params?: Record<string, string | number> | undefined;
  query?: URLSearchParams | Record<string, string | number | boolean | null | undefined> | undefined;
  body?: unknown;
  cookies?: boolean;
}

// Pages.
export interface PageContext {
  me: Me;
  /** What stands in the address after the page's name. */
  query: URLSearchParams;
  goTo: (page: string) => void;
  /** Builds the page anew, after something was changed. */
  reload: () => Promise<void>;
  /** Aborted when the page is left, or built anew. */
  signal: AbortSignal;
}
export interface Page {
  id: string;
  name: string;
  icon?: string;
  build: (context: PageContext) => Promise<Element[]>;
  /** For whom it is, when not for all. */
  roles?: Me["role"][];
}

// The picture of a graph. Nodes and edges are known by their place in these arrays.
type Numbers = Uint32Array<ArrayBuffer>;
/** `offsets` and `incident`: the edges at each node, those of n from `incident[offsets[n]]` to before `offsets[n + 1]`. */
export interface Placeless {
  ids: string[];
  titles: string[];
  types: Uint8Array<ArrayBuffer>;
  from: Numbers;
  to: Numbers;
  kinds: Uint8Array<ArrayBuffer>;
  offsets: Numbers;
  incident: Numbers;
  sizes: Float32Array<ArrayBuffer>;
  /** The largest first. */
  order: Numbers;
}
export interface GraphData extends Placeless {
  /** x and y of each node. */
  positions: Float32Array<ArrayBuffer>;
}
/** Some of a graph: nodes, and edges by kind. `ring` is a node around which one is drawn. */
export interface GraphPart {
  graph: GraphData;
  nodes: Numbers;
  edges: Numbers;
  ring?: number | undefined;
}
export interface GraphRenderer {
  load(part: GraphPart): void;
  mark(part: GraphPart): void;
  /** Of the edges those from `start` to before `end`: from 0 on all anew, otherwise beside what is there. */
  draw(camera: Camera, theme: Record<string, string>, ratio: number, slice: { start: number; end: number; quick: boolean }): void;
  /** The node nearest to (x, y), no more than `reach` pixels away; -1 when there is none. */
  pick(camera: Camera, x: number, y: number, reach: number): number;
}
/** What the worker is asked: to read a graph (`most`: no more nodes than that, to find a recent page), or to lay out one. */
export interface GraphOrder {
  turn: number;
  fetch?: { url: string; access: string; most?: number };
  nodes?: Pick<GraphNode, "id" | "title" | "type">[];
  edges?: GraphEdge[];
  centre?: string | null;
}
export interface GraphReport {
  turn: number;
  graph?: GraphData;
  /** What stands beside nodes and edges. */
  about?: Record<string, unknown>;
  recent?: string;
  read?: number;
  status?: number;
  problem?: string;
}

// Elements.
export type Attribute = string | number | boolean | null | undefined | ((event: globalThis.Event) => unknown);
export type Attributes = Record<string, Attribute>;
export type Child = Node | string | null | undefined | false;
export type Children = (Child | Child[])[];
