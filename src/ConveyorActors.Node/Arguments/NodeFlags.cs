using System.CommandLine;

namespace ConveyorActors.Node.Arguments;

/// <summary>The flags of a node.</summary>
sealed class NodeFlags
{
    /// <summary>Returns the flags of a program that uses a cluster.</summary>
    public static NodeFlags CreateForClient() =>
        new()
        {
            Seed = NodeFlag.CreateRepeatable(
                "--seed",
                "HOST:PORT",
                "A node of the cluster to join, repeatable. Required"
            ),
        };

    public NodeFlag Host { get; } =
        NodeFlag.Create(
            "--host",
            "NAME",
            "The name or address of this machine, as the other nodes reach it. Default: 127.0.0.1"
        );

    public NodeFlag Port { get; } =
        NodeFlag.Create("--port", "N", "The port for the other nodes; 0: any free port. Default: 4053");

    public NodeFlag Seed { get; private init; } =
        NodeFlag.CreateRepeatable(
            "--seed",
            "HOST:PORT",
            "A node to join, repeatable; the same list on all nodes. Default: none, the node is a cluster of its own"
        );

    public NodeFlag Role { get; } =
        NodeFlag.CreateRepeatable(
            "--role",
            "NAME",
            "A role of this node, repeatable. Nodes with the role 'pipelines' have pipelines. Default: pipelines"
        );

    public NodeFlag Journal { get; } =
        NodeFlag.Create(
            "--journal",
            "sqlite:FILE|postgres:CONNECTION",
            "Where the records are kept. Default: sqlite:conveyor-data/journal.db. The password: CONVEYOR_NODE_JOURNAL_PASSWORD"
        );

    public NodeFlag ConfigFile { get; } =
        NodeFlag.Create(
            "--config",
            "FILE",
            "A HOCON file that overrides the built-in configuration. Flags and variables override the file"
        );

    public Option<bool> Fast { get; } =
        new("--fast")
        {
            Description =
                "Detect dead nodes sooner, at the risk of false alarms (hocon/cluster.conf) [CONVEYOR_NODE_FAST=1]",
        };

    public NodeFlag SeedTimeout { get; } =
        NodeFlag.Create("--seed-timeout", "TIME", "How long to try to join before giving up. Default: 30s");

    public NodeFlag TlsCertificate { get; } =
        NodeFlag.Create(
            "--tls-certificate",
            "FILE",
            "TLS between nodes: this node's certificate and key, PEM or PFX. The password: CONVEYOR_NODE_TLS_PASSWORD"
        );

    public NodeFlag TlsAuthority { get; } =
        NodeFlag.Create(
            "--tls-authority",
            "FILE",
            "TLS between nodes: the certificates (PEM) of the authorities; one of them must have issued the other side's certificate"
        );

    public Option<bool> Inspect { get; } =
        new("--inspect")
        {
            Description =
                "Read commands from standard input, one per line, and print their replies; 'help' lists the commands [CONVEYOR_NODE_INSPECT=1]",
        };

    public IEnumerable<Option> All =>
        [Host, Port, Seed, Role, Journal, ConfigFile, Fast, SeedTimeout, TlsCertificate, TlsAuthority, Inspect];
}
