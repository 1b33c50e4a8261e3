/**
 * Looks for text in blocks, and knows what need not be read for it.
 *
 * <p>Enters: a {@link dev.raftsman.search.Query}, blocks. Leaves: what was {@link dev.raftsman.search.Found}; and filters of
 * words, of cold blocks ({@code dev.raftsman.cold}) and of the spans of a sealed segment. A filter is derived from what it is
 * of: it is not replicated, nothing but speed depends on it, one that is damaged is as good as none.
 *
 * <pre>
 * words/&lt;stream number&gt;/&lt;base, 16 hexadecimal digits&gt;.words, beside a node's segments:
 *  0 u32 magic 'RWF1'      4 i32 length of the whole file        8 i32 CRC32C of bytes 12 to length
 * 12 u8 version = 1       13 u8 0   14 u16 0
 * 16 i32 stream number    20 i64 base    28 i64 bytes of the segment's file
 * 36 i32 producers, for each: i64 epoch, i64, i64 incarnation, u16 length, producer: UTF-8
 *    i32 spans, for each:
 *      i64 offset in the segment's file, i32 length: whole records, all spans without a hole
 *      i32 blocks   i32 rawBytes   i32 level bitmap   i64 minTimeNanos   i64 maxTimeNanos
 *      i64 Raft index of its first block   i32 items of the same entry before it, as offsets count them
 *      i32 bytes of the filter, the filter's bits: {@link dev.raftsman.search.TokenFilter}
 * </pre>
 *
 * <p>A reader gets such a file {@linkplain dev.raftsman.search.WordFile#reduced reduced} to the words it looks for. Little endian. In such a filter are the words of lines, of messages and throwables, of the values of attributes and of
 * labels. Spans are of about 256 KiB, less where words are many.
 *
 * <p>Threads: one for each search; a query and what was found are for any. Memory: one inflated block, and what was found.
 * Start reading at {@link dev.raftsman.search.BlockSearch}.
 */
package dev.raftsman.search;
