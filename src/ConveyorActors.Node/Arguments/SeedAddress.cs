using System.Globalization;

namespace ConveyorActors.Node.Arguments;

/// <summary>The address of a node to join.</summary>
sealed record SeedAddress(string Host, int Port)
{
    /// <summary>Reads HOST:PORT, [IPV6]:PORT, or an address as Akka writes it.</summary>
    public static bool TryRead(string text, out SeedAddress seed)
    {
        seed = new("", 0);
        if (text.StartsWith("akka.", StringComparison.Ordinal))
        {
            if (text.IndexOf('@', StringComparison.Ordinal) is not (> 0 and var at))
                return false;
            text = text[(at + 1)..].TrimEnd('/');
        }
        var colon = text.LastIndexOf(':');
        if (
            colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65_535
        )
            return false;
        var host = text[..colon];
        if (host is ['[', _, .., ']'])
            host = host[1..^1];
        else if (host.Contains(':'))
            return false;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            return false;
        seed = new(host, port);
        return true;
    }

    /// <summary>Returns the address as Akka writes it.</summary>
    public Address ToAkkaAddress(string system, string protocol) => new(protocol, system, Host, Port);

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
