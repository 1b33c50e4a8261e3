/**
 * The block: the one format from the host to the archive. Encoded and compressed once where the events enter, it
 * travels, is replicated, stored and verified as the same bytes.
 *
 * <pre>
 *  0 u32 magic 'RBK1'               4 i32 length of the whole block      8 i32 CRC32C of bytes 12 to length
 * 12 u8 version = 1                13 u8 kind: 1 LINES, 2 EVENTS, 3 GAP
 * 14 u8 codec: 0 plain, 1 zstd     15 u8 flags: 1 = the last line has no newline, 2 = the columns begin with labels
 * 16 i64 firstSequence             24 i32 count of sequences it covers
 * 28 i32 rawBytes, as the source had them             32 i32 bytes of the columns, inflated
 * 36 u8 reason of the loss or gap  37 u8 level bitmap                   38 u16 0
 * 40 i64 lostCount: events never claimed, offered just before the first one here
 * 48 i64 minTimeNanos              56 i64 maxTimeNanos, since 1970-01-01T00:00Z
 * 64 the columns, as one zstd frame or plain
 * </pre>
 *
 * Little endian throughout. The epoch is not inside: frames and records around a block carry it, so a block is finished
 * before the cluster has given a number. Labels are what is true of every event of the block (host, pod): {@code u16 length}, varint count,
 * then for each a varint length and the bytes of key and value. The columns by kind:
 *
 * <ul>
 *   <li><b>LINES</b>: one column, the bytes as they lie in the file, newlines included. A line cannot contain one, so
 *       no lengths are stored; times are those of reading.
 *   <li><b>EVENTS</b>: {@code i32 length} of each of the twelve columns, then the columns: timestamps (first as i64,
 *       then zigzag varint deltas), level and flags (a byte: level | flags &lt;&lt; 4), logger dictionary, logger ids,
 *       thread dictionary, thread ids, key dictionary, key-set dictionary (varint count, key ids), key-set ids,
 *       attribute values (varint length, bytes), message and throwable lengths (varints), message and throwable
 *       bytes. A dictionary is a sequence of varint length and bytes; ids are varints.
 *   <li><b>GAP</b>: none. The sequences are covered and hold nothing, for the reason in the header.
 * </ul>
 *
 * <p>Enters: bytes of files, rows of {@link dev.raftsman.event}. Leaves: blocks. Each builder and reader belongs to one
 * thread; {@link dev.raftsman.block.Block} is a view that checks all it shows. Begin there.
 */
package dev.raftsman.block;
