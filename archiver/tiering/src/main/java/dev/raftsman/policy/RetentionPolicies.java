package dev.raftsman.policy;

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

    public Optional<Policy> policyFor(String tenant, String stream) {
        return policies.stream().filter(p -> p.matches(tenant, stream)).findFirst();
    }

    /** @return the policy of this name */
    public Optional<Policy> named(String name) {
        return policies.stream().filter(policy -> policy.name().equals(name)).findFirst();
    }

    /** @return what a person calls this version of the policies: the beginning of the hash */
    public String version() {
        return hash().substring(0, VERSION_LENGTH);
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
