/**
 * The lake: archived events as a Delta Lake table, for Spark, Flink, Trino, DuckDB and whatever else reads one.
 *
 * <p>Enters: archived segments. Leaves: in the same store, for each tenant a table of Parquet files and the log that says
 * which of them count.
 *
 * <pre>
 * lake/&lt;tenant&gt;/_delta_log/&lt;00000000000000000000&gt;.json      one version: files added, segments they are of
 * lake/&lt;tenant&gt;/_delta_log/&lt;n&gt;.checkpoint.parquet, .crc    spare a reader the versions before; every tenth version
 * lake/&lt;tenant&gt;/date=&lt;2026-11-29&gt;/&lt;segment&gt;-&lt;digest&gt;.zstd.parquet
 *                                                        events of one segment of one day in UTC; digest = the first 12
 *                                                        hexadecimal digits of the file's SHA-256
 *
 * column      type                  is
 * time        timestamp, micros     of the event, UTC; of a line that nobody parsed, when it was read
 * level       string                TRACE DEBUG INFO WARN ERROR; null of such a line, as the next two and throwable
 * logger      string
 * thread      string
 * message     string                of such a line all of it, without its newline
 * throwable   string                null if there is none
 * attributes  map string to string  MDC, key-value pairs, markers; a key that an event has twice goes on as "key#2"
 * labels      map string to string  what is true of all its block: host, pod
 * tenant      string
 * stream      string
 * producer    string
 * epoch       long                  the producer's incarnation; with the sequence it names an event for ever
 * sequence    long
 * segment     string                where the archive has it
 * date        date                  partition: the day of time; null for events of a segment with more than 64 days
 * </pre>
 *
 * <p>Times lose what is below a microsecond, and bytes that are no UTF-8 become U+FFFD: the archive keeps both. Gaps have no
 * rows; {@code raftsman audit} tells of them.
 *
 * <p>Exactly once. Files are uploaded first, under names that follow from their bytes; nobody counts them until a version of
 * the table adds them. That version also holds {@code txn {appId: "raftsman/<segment>", version: 1}} for each segment in
 * it, and its number is created once, by a conditional put. So whatever is killed, repeated, or run twice at a time:
 *
 * <pre>
 *   1 upload files   store   killed after it: nothing counts; the next export finds them there, or leaves them to VACUUM
 *   2 new version    store   killed after it: the identifiers say that the segments are in, so they are passed over;
 *                            another was faster: its identifiers are read, then what is left is tried as the next
 *   3 checkpoint     store   killed before it: the next commit that is due makes one
 * </pre>
 *
 * <p>An identifier for each segment, not a number that rises for each stream: what rises would pass over for ever a segment
 * that is archived after one behind it. Programs that read must go by the log: a pattern over the folder finds files that
 * count for nothing, as of a step 1 without a step 2.
 *
 * <p>The table only grows ({@code delta.appendOnly}); OPTIMIZE and VACUUM of other engines may be used on it, and are what
 * merges small files.
 *
 * <p>The engine behind it is Delta's own kernel, over {@link dev.raftsman.lake.StoreFileIO}; Parquet files are written
 * straight to its column writers. Of Hadoop there are the few classes the kernel names; none of its file systems.
 *
 * <p>Threads: an export belongs to one thread. Start reading at {@link dev.raftsman.lake.LakeExport}, then
 * {@link dev.raftsman.lake.LakeTable}.
 */
package dev.raftsman.lake;
