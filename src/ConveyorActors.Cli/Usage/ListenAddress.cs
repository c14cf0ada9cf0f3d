using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ConveyorActors.Cli.Usage;

/// <summary>Reads an address and port to listen on.</summary>
static class ListenAddress
{
    public static readonly ValueKind<IPEndPoint> Kind = new(
        "an address and a port such as 127.0.0.1:7070, [::1]:7070 or 0.0.0.0:7070",
        TryRead
    );

    /// <summary>The same for a server without keys, which only programs of this machine may reach.</summary>
    public static readonly ValueKind<IPEndPoint> LocalKind = new(
        "an address and a port such as 127.0.0.1:7070 or [::1]:7070",
        TryRead
    );

    static bool TryRead(string text, out IPEndPoint value)
    {
        value = new(IPAddress.Loopback, 0);
        var colon = text.LastIndexOf(':');
        if (
            colon < 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        )
            return false;
        var host = text[..colon];
        if (host == "localhost")
            host = "127.0.0.1";
        if (
            !IPAddress.TryParse(host, out var address)
            || address.AddressFamily == AddressFamily.InterNetworkV6 != host.StartsWith('[')
        )
            return false;
        value = new(address, port);
        return true;
    }
}
