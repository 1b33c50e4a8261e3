/**
 * The agent's process: joins the inputs, the sidecar's own WAL and the shipper, and shows how they are.
 *
 * <p>In comes {@code conf/agent.yaml} ({@link dev.raftsman.sidecar.AgentConfig}); out go exit codes, lines for the
 * operator on the error stream, and a page of metrics. In the data directory: {@code agent.lock} held while the agent
 * runs, {@code cursor} (drawn in the shipper's package), {@code wal/} with one directory for each run, {@code agent.control}
 * with what lets the agent's user give it orders ({@link dev.raftsman.sidecar.AgentClient}), {@code
 * checkpoint-resets.log} once somebody had files read from elsewhere ({@link dev.raftsman.sidecar.CheckpointTable}). Threads: {@code
 * raftsman-inputs} reads and compresses, {@code raftsman-shipper} ships, {@code raftsman-net} moves bytes, {@code
 * raftsman-wal-force} forces, {@code raftsman-http} (a few, while somebody asks)
 * answers. Begin with {@link dev.raftsman.sidecar.AgentProcess}.
 */
package dev.raftsman.sidecar;
