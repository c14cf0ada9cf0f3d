using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace ConveyorActors.Http.Server;

/// <summary>
/// Specifies where a <see cref="ConveyorServer"/> listens and what it requires of clients. Immutable.
/// </summary>
public sealed record ConveyorServerOptions
{
    /// <summary>The default address and port to listen on.</summary>
    public const string DefaultListen = "127.0.0.1:7070";

    /// <summary>Gets the address and port to listen on. Default 127.0.0.1:7070; port 0: any free port.</summary>
    public IPEndPoint Listen { get; init; } = IPEndPoint.Parse(DefaultListen);

    /// <summary>
    /// Gets the API key that requests must have; null: none. Required to listen on addresses other than loopback.
    /// </summary>
    public string? ApiKey { get; init; }

    /// <summary>Gets the certificate for TLS; null: plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Gets the intermediate certificates between <see cref="Certificate"/> and its root; they are sent with it.
    /// </summary>
    public X509Certificate2Collection? Chain { get; init; }

    /// <summary>
    /// Gets whether the server may listen with plain HTTP on addresses other than loopback. Default false.
    /// </summary>
    public bool AllowsPlainHttp { get; init; }

    /// <summary>
    /// Gets the host names by which clients reach the server, besides its addresses, localhost and the machine's own
    /// name. Default: none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Gets the readiness that the server reports.</summary>
    public Readiness Readiness { get; init; } = new();

    /// <summary>Gets the limits of the API.</summary>
    public ConveyorHttpOptions Api { get; init; } = new();

    /// <summary>Maximum number of connections at the same time. Default 4,096; from 1.</summary>
    public int MaxConnections
    {
        get;
        init =>
            field =
                value >= 1
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(MaxConnections),
                        value,
                        $"MaxConnections is {value}; it must be at least 1."
                    );
    } = 4_096;

    /// <summary>Gets the reason why the server may not listen with these options; null: it may.</summary>
    public string? Refusal =>
        IPAddress.IsLoopback(Listen.Address) ? null
        : string.IsNullOrEmpty(ApiKey)
            ? $"the server listens on {Listen}, which other machines can reach, and there is no API key; set one, or listen on 127.0.0.1"
        : Certificate is null && !AllowsPlainHttp
            ? $"the server listens on {Listen}, which other machines can reach, with plain HTTP, so the API key can be read on the way; set a certificate for TLS, or allow plain HTTP"
        : null;
}
