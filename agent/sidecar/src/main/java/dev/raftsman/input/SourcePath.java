package dev.raftsman.input;

import dev.raftsman.block.Labels;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a file's path says of where its lines come from. The labels have the names of OpenTelemetry's conventions.
 *
 * <pre>
 *  /var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log          kubelet
 *  /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log              links to these
 *  /var/lib/docker/containers/ID/ID-json.log                       Docker
 * </pre>
 *
 * @param fields what a stream's name may be made of
 */
record SourcePath(Path path, Map<String, String> fields, Labels labels) {
    private static final Pattern POD = Pattern.compile(".*/pods/([^/_]+)_([^/_]+)_([^/_]+)/([^/]+)/([0-9]+)\\.log.*");
    private static final Pattern LINK = Pattern.compile(".*/containers/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\\.log");
    private static final Pattern DOCKER = Pattern.compile(".*/containers/([0-9a-f]{64})/\\1-json\\.log.*");
    private static final int SHORT_ID = 12;

    static SourcePath of(Path path) {
        Map<String, String> fields = new LinkedHashMap<>();
        Map<String, String> labels = new LinkedHashMap<>();
        String text = path.toString();
        Matcher pod = POD.matcher(text);
        Matcher link = LINK.matcher(text);
        Matcher docker = DOCKER.matcher(text);
        if (pod.matches()) {
            kubernetes(pod.group(1), pod.group(2), pod.group(4), fields, labels);
            labels.put("k8s.pod.uid", pod.group(3));
            labels.put("k8s.container.restart_count", pod.group(5));
        } else if (link.matches()) {
            kubernetes(link.group(2), link.group(1), link.group(3), fields, labels);
            labels.put("container.id", link.group(4));
        } else if (docker.matches()) {
            fields.put("container", docker.group(1).substring(0, SHORT_ID));
            labels.put("container.id", docker.group(1));
        }
        fields.put("name", String.valueOf(path.getFileName()));
        fields.put("path", text);
        return new SourcePath(path, fields, Labels.of(labels));
    }

    private static void kubernetes(
            String namespace, String pod, String container, Map<String, String> fields, Map<String, String> labels) {
        fields.put("namespace", namespace);
        fields.put("pod", pod);
        fields.put("container", container);
        labels.put("k8s.namespace.name", namespace);
        labels.put("k8s.pod.name", pod);
        labels.put("k8s.container.name", container);
    }
}
