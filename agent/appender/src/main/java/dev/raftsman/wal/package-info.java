/**
 * The write-ahead log on the host: what a producer has written before anybody else has it.
 *
 * <p>In comes a batch of event rows (an appender's flusher) or a finished block (a sidecar's inputs), out goes the same
 * excerpt, in order, to the sidecar's reader. A directory belongs to one incarnation of one producer; it has one writer
 * in its life, which holds {@code writer.lock}, and one reader, which keeps its own cursor elsewhere.
 *
 * <pre>
 * &lt;root&gt;/&lt;producer, escaped&gt;/&lt;startMillis&gt;-&lt;incarnation&gt;/
 *   identity                whose it is: text with its CRC32C, forced before the directory gets its name
 *   writer.lock             locked while the writer lives
 *   progress                one mapped page: 0 i32 magic "RWP2", 8 i64 quota, 16 i64 reserve, 64 i64 claimed sequence,
 *                           128 i64 written position, 192 i64 forced position, 256 i64 × 8 events lost without a
 *                           sequence, by reason, 320 i64 sequences count up to this one, 384 i64 which record of what
 *                           is declared counts, 448 and 576 a record: i64 position of the excerpt that declares last,
 *                           i64 × 8 declared up to there, by reason
 *   19700101-000007.cq4     file 7 of a Chronicle Queue; rolled by size, deleted whole once acknowledged
 *   metadata.cq4t           the queue's own; the reader does without it
 * </pre>
 *
 * <p>One excerpt of the queue holds one frame of ours, little endian:
 *
 * <pre>
 *  0 i32 magic "RWX1"               4 i32 length of the frame
 *  8 i32 CRC32C of incarnation (2 × i64), bytes 12 to 64 and the extra part
 * 12 i32 CRC32C of the body
 * 16 i64 position: file number in the upper 32 bits, excerpt in the file in the lower = the queue's index
 * 24 i64 position of the excerpt before, -1 for the first
 * 32 i64 first sequence            40 i64 events lost before it, never claimed
 * 48 i32 count                     52 i32 length of the extra part
 * 56 u8  version 1    57 u8 kind    58 u8 reason of the loss    59 five zeros
 * 64 extra part, then body
 * </pre>
 *
 * and lies in the queue's file behind a word of its own: {@code u32} length, bit 31 = not complete, bit 30 = the queue's
 * own data (header, index), both = end of the file; words are aligned to 4 bytes. The
 * frame's own length is in no checksum but says what the word says: of the two, one may be damaged.
 *
 * <p>Threads: the owner appends ({@link dev.raftsman.wal.WalWriter}), {@code raftsman-wal-force} forces, the reader's
 * owner reads ({@link dev.raftsman.wal.WalReader}). Begin with {@link dev.raftsman.wal.WalDirectory}.
 */
package dev.raftsman.wal;
