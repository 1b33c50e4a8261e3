/**
 * From the WALs of this host to the collectors, once.
 *
 * <p>In come excerpts: finished blocks of the sidecar's own inputs ({@link dev.raftsman.shipper.BlockWalSource}) and raw
 * batches of applications, which become blocks here ({@link dev.raftsman.shipper.RowsWalSource}). Out go frames, through
 * {@link dev.raftsman.shipper.Session} and its {@link dev.raftsman.shipper.Connection}, which see no socket; {@link dev.raftsman.shipper.NettyLink}
 * moves the bytes, by TLS where {@link dev.raftsman.shipper.LinkTls} is configured. What
 * must outlive the WAL's files is in the cursor file, drawn in {@link dev.raftsman.shipper.Cursor}.
 *
 * <pre>
 *  WAL excerpt ─► feed (one epoch) ─► in memory, sent ─► ACK ─► cursor durable ─► WAL files released
 *                      ▲                                │
 *                      └── RESUMED(last): sent again ◄──┘ connection lost, EXPECTED
 * </pre>
 *
 * <p>A block is in memory from its excerpt to its acknowledgement, all of them within one budget of bytes. Threads: {@code
 * raftsman-shipper} does everything but the socket, {@code raftsman-net} is the event loop. Begin with {@link
 * dev.raftsman.shipper.Shipper}, then {@link dev.raftsman.shipper.Session}.
 */
package dev.raftsman.shipper;
