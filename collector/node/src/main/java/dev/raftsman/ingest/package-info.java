/**
 * Blocks from sidecars into the log, and the answers back.
 *
 * <p>Enters: frames of {@link dev.raftsman.wire} over TCP. Leaves: entries of the log, each up to 2 MiB of blocks of many
 * connections, or one command; and to the sidecars what became of each.
 *
 * <pre>
 *  socket -> FrameDecoder -> IngestSession -> EntryCoalescer -> ReplicatedLog
 *     ^                          |  ^                               |
 *     +-------- frames ----------+  +---- IngestDesk: replies, by block
 * </pre>
 *
 * <p>One event loop thread does all of it: a block is checked once (CRC32C) and copied twice (socket to frame, frames to
 * entry), which one core does many times faster than the log takes it. So sessions and coalescer have no locks; what the
 * engine completes on its own threads is handed to the loop.
 *
 * <p>With TLS ({@link dev.raftsman.ingest.TlsDoor}) three handlers stand before the decoder, and a thread of its own does the
 * key operations of handshakes.
 *
 * <p>Memory: the blocks waiting and in flight of all connections stay below {@code budgetBytes}, because above it nothing
 * is read from any socket. From one connection no frame is taken while its blocks are above its credit, while 16 of its
 * requests wait for their answers, or while 64 KiB of answers wait for it to read them; what one read brought waits in the
 * decoder. Before HELLO a frame may be no longer than 1 KiB; what follows a frame that is none is thrown away. A connection
 * that says nothing costs some 2 KiB and no time.
 *
 * <p>Time: HELLO must come within 10 s, a frame be whole within 30 s, an answer be read within 30 s; a peer that is gone is
 * noticed by TCP within 30 s (keep-alive).
 *
 * <p>Promise: an ACK is sent only after the block's entry was committed (on the disks of a majority) and applied.
 *
 * <p>How far agents say they are behind ({@link dev.raftsman.ingest.ConnectedAgents}) stays in the memory of the node that
 * they are connected to; it is shown, and nothing depends on it.
 *
 * <p>Start reading at {@link dev.raftsman.ingest.IngestSession}, a state machine without sockets, then {@link
 * dev.raftsman.ingest.IngestDesk}, which joins it to the log.
 */
package dev.raftsman.ingest;
