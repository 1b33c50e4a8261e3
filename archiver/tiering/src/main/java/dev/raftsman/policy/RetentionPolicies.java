package dev.raftsman.policy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.objects.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Everything {@code retention.yaml} says.
 *
 * @param targets by name
 * @param defaultTarget where policies that only truncate leave their record; the file's {@code defaults.to}
 * @param policies in the order of the file; the first that matches a stream decides
 */
public record RetentionPolicies(Map<String, Target> targets, Optional<String> defaultTarget, List<Policy> policies) {
    private static final int VERSION_LENGTH = 12;

    public RetentionPolicies {
        targets = Map.copyOf(targets);
        policies = List.copyOf(policies);
    }

    /** Of a stream without labels. */
    public Optional<Policy> policyFor(String tenant, String stream) {
        return policyFor(tenant, stream, Map.of());
    }

    private Optional<Policy> policyFor(String tenant, String stream, Map<String, String> labels) {
        return policies.stream()
                .filter(policy -> policy.match().matchesNames(tenant, stream)
                        && policy.match().matchesLabels(labels))
                .findFirst();
    }

    /** @return empty if none matches, or if that depends on labels that are not known */
    public Optional<Policy> policyFor(CatalogView catalog, StreamView stream) {
        return awaitsLabels(catalog, stream)
                ? Optional.empty()
                : policyFor(
                        stream.tenant(),
                        stream.stream(),
                        catalog.labelsOf(stream.number()).orElse(Map.of()));
    }

    /** Whether a policy asks for labels of the stream, and they are not known. */
    public boolean awaitsLabels(CatalogView catalog, StreamView stream) {
        return catalog.labelsOf(stream.number()).isEmpty()
                && policies.stream()
                        .filter(policy -> policy.match().matchesNames(stream.tenant(), stream.stream()))
                        .findFirst()
                        .filter(policy -> !policy.match().labels().isEmpty())
                        .isPresent();
    }

    /** Whether any policy asks for labels. */
    public boolean asksForLabels() {
        return policies.stream().anyMatch(policy -> !policy.match().labels().isEmpty());
    }

    /** @return the policy of this name */
    public Optional<Policy> named(String name) {
        return policies.stream().filter(policy -> policy.name().equals(name)).findFirst();
    }

    /** @return what a person calls this version of the policies: the beginning of the hash */
    public String version() {
        return version(hash());
    }

    /** @return the same of the hash of any */
    public static String version(String hash) {
        return hash.substring(0, Math.min(VERSION_LENGTH, hash.length()));
    }

    /** @return the target a policy's records go to, its own or the default one; empty if there is neither */
    public Optional<String> recordTarget(Policy policy) {
        return policy.target().or(() -> defaultTarget);
    }

    /** What these policies mean, in hex: layout and comments of the file, and credentials, do not change it. */
    public String hash() {
        StringBuilder meaning = new StringBuilder();
        new TreeMap<>(targets)
                .forEach((name, target) -> meaning.append(name)
                        .append('=')
                        .append(target.identity())
                        .append('\n'));
        meaning.append(defaultTarget).append('\n');
        policies.forEach(policy -> meaning.append(policy).append('\n'));
        return Sha256.of(meaning.toString().getBytes(StandardCharsets.UTF_8));
    }
}
