"""The live side: one ``Peer`` per browser, over WebSocket, event stream or long poll."""
