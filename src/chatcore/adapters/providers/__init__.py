"""What the adapters of real model providers share (spec chat-core 4.6, 4.7; stack 5).

An adapter is built of four pieces, the first three of them pure:

1. A *request builder* turns a `ModelRequest` into the provider's JSON body. Metadata that a provider gave with a part
   comes back in the part's `options`; `metadata.own_options` reads only what this provider said, for a signature of
   another one is refused. `metadata.own_metadata` writes it.
2. A *translator* (`translating.Translator`, one class per API) is fed the frames of the body and yields StreamEvents:
   `feed(event, data)` for every frame, `end(torn=...)` once the body has ended. It raises `ModelError`, made by
   `errors.error_in_stream`, for errors that a provider puts into a 200 stream, and `ports.model.cut_off` where the
   body ended without the stream's own end. It reads JSON with `fields`, which never fails on what it did not expect.
3. Tables: finish reasons (`FinishReason` by the provider's word, `OTHER` for a word nobody knows, `UNKNOWN` for none).
4. The *call*: the official SDK, imported in the function that uses it, with `max_retries=0`, over an `httpx2` client
   that can be handed in; it is asked for the raw response. `calling.told` turns its chunks into events, with a
   checkpoint before each, and leaves the connection whichever way the reader goes; `calling.whole_body` reads what is
   no stream. `calling.refused` and `faults.fault` turn a refusal and a broken connection into a `ModelError`, raised
   outside the handler, for what was caught knows the headers. `secrets.Secrets` takes keys out of all words.

`sse.SseDecoder` does the framing: any line ends, comments anywhere, padded lines, a last frame without its blank line.
`prompts` has forms of files and tool results that every provider takes.
"""
