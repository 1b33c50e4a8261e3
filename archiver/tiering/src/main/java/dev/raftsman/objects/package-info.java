/**
 * Objects: named, immutable runs of bytes in a directory or in S3, created at most once.
 *
 * <p>Enters: a finished local file (or a few kilobytes in memory) and the key it shall have. Leaves: the same bytes, whole
 * or a range, and what a listing tells. Nothing here knows segments or policies.
 *
 * <p>The one promise everything above relies on is {@link dev.raftsman.objects.ObjectStore#putIfAbsent}: of any number of
 * writers of one key exactly one creates the object, an object is never seen half written, and never replaced. A directory
 * gets it from {@code link(2)} on a synced temporary file, S3 from {@code If-None-Match: *}.
 *
 * <p>Threads: every store may be used by any number of threads. Calls block; each has a time limit.
 *
 * <pre>
 * directory store
 *   root/.incoming/&lt;uuid&gt;          bytes on their way; never listed, swept when a day old
 *   root/&lt;component&gt;/&lt;component&gt;    one file for each object, key = path below root
 * S3 store
 *   bucket, prefix + key            user metadata: sha256 = hex digest of the whole object
 * </pre>
 *
 * <p>Start reading at {@link dev.raftsman.objects.ObjectStore}, then {@link dev.raftsman.objects.DirectoryObjectStore}.
 */
package dev.raftsman.objects;
