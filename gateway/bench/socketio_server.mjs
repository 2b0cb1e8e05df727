// The yardstick of `wecc bench sockets`: relays each message to the other socket of its pair.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, pingInterval: 600000 });
const pairs = new Map();

io.on("connection", (socket) => {
  const pair = socket.handshake.query.pair;
  const members = pairs.get(pair) ?? [];
  members.push(socket);
  pairs.set(pair, members);
  let seq = 0;
  socket.on("typing.set", (frame) => {
    seq += 1;
    for (const other of members) {
      if (other !== socket) {
        other.emit("typing.changed", { conversation_id: frame.conversation_id, party: "visitor", name: "", on: frame.on, seq });
      }
    }
  });
});
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));
