package dev.raftsman.query;

/**
 * A change under way, or the last one.
 *
 * @param id tells it from others of this leader
 * @param verb of the request, in small letters
 * @param phase what is being done; of one that failed, what was
 * @param error null unless it is done and failed
 */
public record ClusterChange(
        long id, String verb, String node, String replaces, String phase, boolean done, String error) {}
