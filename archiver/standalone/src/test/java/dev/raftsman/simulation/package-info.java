/**
 * The collector cluster and its sidecars in virtual time, one thread and one seed.
 *
 * <pre>
 *  SimHost: events, gaps, losses ─► SimWal ─► Session ═ SimNetwork ═ SimIngest: IngestSession, IngestDesk ─► SimLog ─► ReplicatedState
 *  (package shipper)                (model)   (real)      (model)    (package ingest)       (real)           (model)     (real, files)
 * </pre>
 *
 * Real are the sidecar's session, cursor file and farewells, the frames, the collector's sessions, desk and coalescer, the
 * replicated state with its segments and snapshots. Models stand for what has threads of its own: the write-ahead log, the
 * network, the Raft engine. {@link dev.raftsman.simulation.ClusterSimulation} breaks what can break and then heals it; {@link
 * dev.raftsman.simulation.Oracles} compare what was offered with what every node has; {@link
 * dev.raftsman.simulation.OraclesTest} shows that each of them can fail.
 *
 * <p>A failure prints its seed: {@code -Draftsman.seed=N} runs it again; {@code -Draftsman.seeds=N} runs so many, the profile
 * {@code simulation} 5,000. Begin with {@link dev.raftsman.simulation.ClusterSimulation}.
 */
package dev.raftsman.simulation;
