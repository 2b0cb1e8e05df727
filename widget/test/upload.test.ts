// @vitest-environment node
/** Resumable upload against a real HTTP server that cuts, refuses and forgets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refused, send, type UploadPorts } from "../src/files/upload";

const CHUNK = 1_000;
const DATA = Uint8Array.from({ length: 4_321 }, (_, index) => index % 251);

let server: Server;
let base = "";
let stored = Buffer.alloc(0);
let announced = 0;
/** How the next requests end: "cut" destroys the connection after the bytes were taken. */
let plan: ("cut" | "ok" | number)[] = [];

function view(): object {
  const isDone = stored.length >= DATA.length;
  return {
    id: "up_00000001",
    size_bytes: DATA.length,
    offset_bytes: stored.length,
    chunk_bytes: CHUNK,
    attachment: isDone ? { id: "at_1" } : null,
  };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (request.method === "HEAD") {
    response.setHeader("Upload-Offset", stored.length).end();
    return;
  }
  const fate = plan.shift();
  if (typeof fate === "number") {
    response.writeHead(fate).end(JSON.stringify({ error: { code: "bad_file" } }));
    return;
  }
  if (request.method === "POST") announced++;
  else if (stored.length >= DATA.length) {
    response.writeHead(409).end(JSON.stringify({ error: { code: "upload_offset" } }));
    return;
  } else {
    expect(Number(request.headers["upload-offset"])).toBe(stored.length);
    expect(request.headers.authorization).toBe("Bearer t");
    stored = Buffer.concat([stored, body]);
  }
  if (fate === "cut") request.socket.destroy();
  else response.end(JSON.stringify(view()));
}

beforeEach(async () => {
  stored = Buffer.alloc(0);
  announced = 0;
  plan = [];
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((done) => server.close(done)));

const upload = {
  id: "up_00000001",
  conversationId: "cv_00000001",
  file: new File([DATA], "a.bin"),
  sent: 0,
  error: "",
};
const ports = (isCancelled = (): boolean => false): UploadPorts => ({
  base,
  token: () => "t",
  progress: () => {},
  isCancelled,
  wait: () => Promise.resolve(),
});

test("goes on where the server is, however often it is cut", async () => {
  plan = ["cut", 503, "cut"];
  expect(await send(ports(), upload)).toEqual({ id: "at_1" });
  expect(Buffer.compare(stored, Buffer.from(DATA))).toBe(0);
});

test("asks again for the answer when only that was lost", async () => {
  plan = ["ok", "ok", "ok", "ok", "ok", "cut"];
  expect(await send(ports(), upload)).toEqual({ id: "at_1" });
  expect(announced).toBe(2);
});

test("a refusal is final and has its code", async () => {
  plan = [415];
  await expect(send(ports(), upload)).rejects.toEqual(new Refused("bad_file"));
  expect(announced).toBe(0);
});

test("an end without hope comes to an end", async () => {
  plan = Array.from({ length: 40 }, () => 503);
  await expect(send(ports(), upload)).rejects.toBeInstanceOf(Refused);
});

test("a cancelled upload stops", async () => {
  expect(
    await send(
      ports(() => stored.length > 0),
      upload,
    ),
  ).toBeNull();
  expect(stored.length).toBe(CHUNK);
});
