/**
 * The whole path on one machine: real child processes on loopback, for the demo, the benchmark and the tests.
 *
 * <p>Enters: files or events of the sample application. Leaves: a directory with everything the processes wrote, and figures.
 *
 * <pre>
 * DIR/conf/collector-1.yaml … agent.yaml archiver.yaml retention.yaml   what the children were started with
 * DIR/logs/collector-1.log …                                           their standard output and error
 * DIR/collector-1/ … DIR/agent/ DIR/archiver/                          their data
 * DIR/wal/                                                             WALs of applications
 * DIR/objects/                                                         the archive, unless it is S3
 * </pre>
 *
 * <p>Thread: the caller's. Nothing here runs inside the processes it watches: a fault injector that shares a process with its
 * victim proves little.
 *
 * <p>Start reading at {@link dev.raftsman.standalone.LocalCluster}.
 */
package dev.raftsman.standalone;
