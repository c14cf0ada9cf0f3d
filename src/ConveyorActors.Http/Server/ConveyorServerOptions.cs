using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace ConveyorActors.Http.Server;

/// <summary>How a <see cref="ConveyorServer"/> listens, and to whom it replies. Immutable.</summary>
public sealed record ConveyorServerOptions
{
    /// <summary>The address and port where it listens by default.</summary>
    public const string DefaultListen = "127.0.0.1:7070";

    /// <summary>Where it listens. Default 127.0.0.1:7070; port 0: any that is free.</summary>
    public IPEndPoint Listen { get; init; } = IPEndPoint.Parse(DefaultListen);

    /// <summary>
    /// The key that requests must have; null: none. Needed where it listens on other addresses than this machine's own
    /// loopback.
    /// </summary>
    public string? ApiKey { get; init; }

    /// <summary>The certificate for TLS; null: plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The certificates between that one and its root, sent along with it.</summary>
    public X509Certificate2Collection? Chain { get; init; }

    /// <summary>Whether it may listen on other addresses with plain HTTP. Default false.</summary>
    public bool AllowsPlainHttp { get; init; }

    /// <summary>
    /// Names under which the server is reached, besides its addresses, localhost and the machine's own name. Default:
    /// none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Tells whether the server is ready.</summary>
    public Readiness Readiness { get; init; } = new();

    /// <summary>The limits of the API.</summary>
    public ConveyorHttpOptions Api { get; init; } = new();

    /// <summary>Connections at the same time. Default 4,096; from 1.</summary>
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

    /// <summary>Gets why it may not listen so; null: it may.</summary>
    public string? Refusal =>
        IPAddress.IsLoopback(Listen.Address) ? null
        : string.IsNullOrEmpty(ApiKey)
            ? $"it listens on {Listen}, where other machines reach it, and there is no API key; there must be one, or it must listen on 127.0.0.1"
        : Certificate is null && !AllowsPlainHttp
            ? $"it listens on {Listen}, where other machines reach it, with plain HTTP, and the API key can be read on the way; there must be a certificate for TLS, or plain HTTP must be allowed"
        : null;
}
