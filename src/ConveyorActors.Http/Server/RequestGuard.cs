using System.Net;
using System.Security.Cryptography;
using System.Text;
using ConveyorActors.Http.Dashboard;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Server;

/// <summary>
/// Admits only requests that are meant for this server. The host must be one of the server's own, so that another
/// site's name cannot lead here (DNS rebinding); requests that a browser sends for a page of another origin are refused
/// (CSRF); and the key must be right.
/// </summary>
sealed class RequestGuard(ConveyorServerOptions options)
{
    public const string KeyHeader = "X-Api-Key";

    const string Bearer = "Bearer ";

    readonly byte[]? key = string.IsNullOrEmpty(options.ApiKey) ? null : Hash(options.ApiKey);
    readonly HashSet<string> hosts = new(
        [.. options.Hosts, "localhost", Dns.GetHostName()],
        StringComparer.OrdinalIgnoreCase
    );

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (FindRefusal(context.Request) is { } refused)
        {
            if (refused.Status == StatusCodes.Status401Unauthorized)
                context.Response.Headers.WWWAuthenticate = "Bearer";
            await refused.ExecuteAsync(context).ConfigureAwait(false);
            return;
        }
        await next(context).ConfigureAwait(false);
    }

    HttpProblem? FindRefusal(HttpRequest request)
    {
        if (!IsOwnHost(request.Host.Host))
        {
            return new(
                StatusCodes.Status421MisdirectedRequest,
                "unknown-host",
                $"Host is '{HttpProblem.Sanitize(request.Host.Value ?? "")}'; it must be an address of this server, localhost, its name, or a name that the server was started with"
            );
        }
        // The pages contain no data, so they need no key, and a link on another site may lead to them.
        if (IsPage(request.Path) && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
            return null;
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwnOrigin(origin, request))
            return new(
                StatusCodes.Status403Forbidden,
                "foreign-origin",
                $"Origin is '{HttpProblem.Sanitize(origin)}'; it must be this server's own, or none"
            );
        if (request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
            return new(
                StatusCodes.Status403Forbidden,
                "foreign-origin",
                "the request comes from a page of another site; it must come from a page of this server, or from no page"
            );
        return key is null || IsOpen(request.Path) || HasKey(request)
            ? null
            : new(
                StatusCodes.Status401Unauthorized,
                "no-key",
                "the API key is missing or wrong; it must be in the header Authorization: Bearer KEY"
            );
    }

    bool IsOwnHost(string host)
    {
        var name = host.TrimEnd('.');
        return IPAddress.TryParse(name.Trim('[', ']'), out _) || hosts.Contains(name);
    }

    bool IsOwnOrigin(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme == request.Scheme || IsOfProxy(uri, request))
        && string.Equals(
            uri.Authority,
            new UriBuilder(uri.Scheme, request.Host.Host, request.Host.Port ?? -1).Uri.Authority,
            StringComparison.OrdinalIgnoreCase
        );

    /// <summary>
    /// Returns whether a page comes over TLS from a proxy that passes its requests on without: only under a name that
    /// the server was started with.
    /// </summary>
    bool IsOfProxy(Uri origin, HttpRequest request) =>
        origin.Scheme == Uri.UriSchemeHttps
        && !request.IsHttps
        && options.Hosts.Contains(request.Host.Host.TrimEnd('.'), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Returns whether a path is that of the dashboard, of the description of the API, or of the page that shows it. A
    /// browser that opens a page cannot send a key.
    /// </summary>
    static bool IsPage(PathString path) =>
        PageFiles.IsOf(path) || path == ApiDocument.Path || path.StartsWithSegments(ApiPage.Path);

    /// <summary>
    /// Returns whether a path needs no key. The health checks reveal only the server's state, and a supervisor need not
    /// have the key.
    /// </summary>
    static bool IsOpen(PathString path) => path == ConveyorServer.HealthPath || path == ConveyorServer.ReadyPath;

    bool HasKey(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        var given = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : request.Headers[KeyHeader].ToString();
        // Hashes have a fixed length, so the time of the comparison reveals nothing about the key or its length.
        return CryptographicOperations.FixedTimeEquals(Hash(given), key);
    }

    static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
