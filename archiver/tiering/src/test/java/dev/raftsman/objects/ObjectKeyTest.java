package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeyTest {
    @Test
    void givesDifferentNamesDifferentComponents() {
        List<String> names = List.of(
                "a/b",
                "a~2Fb",
                "a_b",
                "a.b",
                "/a",
                ".",
                "..",
                ".a",
                "a",
                "A",
                "a:b",
                "ä",
                "x".repeat(200),
                "/".repeat(200),
                "/".repeat(199) + "a");
        Set<String> components = new HashSet<>();
        for (String name : names) {
            String component = ObjectKey.component(name);
            assertThat(ObjectKey.of("segments", component).name()).isEqualTo(component);
            assertThat(components.add(component)).as(name).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a", "a/", "a//b", "../a", "a/..", "a/.b", "a b", "a\0", "ä", "a\\b"})
    void refusesWhatCouldLeaveTheStore(String key) {
        assertThatThrownBy(() -> new ObjectKey(key)).isInstanceOf(IllegalArgumentException.class);
        assertThat(ObjectKey.parse(key)).isEmpty();
    }
}
