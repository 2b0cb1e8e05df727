"""What every room stands on: database, events, bus, blobs, isolation, telemetry, HTTP kit."""
