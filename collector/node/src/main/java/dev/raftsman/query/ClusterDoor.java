package dev.raftsman.query;

/** What the pages of the cluster show, and the door for changes of it. Any thread. */
public interface ClusterDoor {
    /** As this node knows it; lags and the change under way are known on the leader only. */
    ClusterStatus status();

    /** Begins a change and returns; {@link ClusterStatus#change()} tells how it goes on. Begun already: says how it goes. */
    Answer begin(ClusterRequest request);

    /** What became of asking. */
    sealed interface Answer {
        record Begun(ClusterChange change) implements Answer {}

        /** Another node is to be asked: this one does not lead, or has just handed leadership over in order to be removed. */
        record NotLeading() implements Answer {}

        /** Nothing was begun. */
        record Refused(String reason) implements Answer {}
    }
}
