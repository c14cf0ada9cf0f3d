using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>Reads a server's reply, and refuses one that a conveyor server does not send.</summary>
static class ServerReply
{
    public const string JsonType = "application/json",
        TextType = "text/plain",
        EventType = "text/event-stream";

    /// <summary>Maximum bytes of a reply: more than the tables of a million sources have.</summary>
    public const int MaxBytes = 256 << 20;

    const string ProblemType = "application/problem+json";
    const string ExitCodeHeader = "Conveyor-Exit-Code";

    /// <summary>Maximum bytes of an error that are read.</summary>
    const int MaxProblemBytes = 1 << 20;

    /// <summary>Returns the exit code that the reply to an operator's command has.</summary>
    /// <exception cref="ForeignServerException">The reply has no exit code of such a command.</exception>
    public static int ReadExitCode(HttpResponseMessage reply)
    {
        if (!reply.Headers.TryGetValues(ExitCodeHeader, out var values))
            throw new ForeignServerException($"replied without the header {ExitCodeHeader}");
        return values.ToList() switch
        {
            ["0"] => ExitCodes.Done,
            ["1"] => ExitCodes.Failed,
            var others => throw new ForeignServerException(
                $"replied with {ExitCodeHeader} '{Printable.Sanitize(string.Join(", ", others))}'"
            ),
        };
    }

    /// <exception cref="ForeignServerException">The reply has another content type.</exception>
    public static void RequireType(HttpResponseMessage reply, string type)
    {
        if (!HasType(reply, type))
            throw new ForeignServerException($"replied with {DescribeType(reply.Content.Headers.ContentType)}");
    }

    /// <summary>Reads the body, which is in UTF-8.</summary>
    /// <exception cref="HttpRequestException">The connection ended, or the body is too large.</exception>
    public static async Task<string> ReadTextAsync(
        HttpResponseMessage reply,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        await reply.Content.LoadIntoBufferAsync(maxBytes, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(
            await reply.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)
        );
    }

    /// <summary>
    /// Returns why the server refused the request, as a sentence that may follow the program's name: the detail of the
    /// problem, or the status.
    /// </summary>
    public static async Task<string> DescribeRefusalAsync(
        HttpResponseMessage reply,
        Uri server,
        CancellationToken cancellationToken
    )
    {
        if (
            HasType(reply, ProblemType)
            && ServerFlags.ReadDetail(
                await ReadTextAsync(reply, MaxProblemBytes, cancellationToken).ConfigureAwait(false)
            )
                is { } detail
        )
            return detail;
        return ServerFlags.FormatForeign(
            server,
            $"refused the request with {(int)reply.StatusCode} {Printable.Sanitize(reply.ReasonPhrase ?? "")}".TrimEnd()
        );
    }

    /// <summary>Gets the exit code for a request that the server refused.</summary>
    public static int GetExitCode(HttpStatusCode refusal) =>
        refusal == HttpStatusCode.BadRequest ? ExitCodes.Usage : ExitCodes.Failed;

    static bool HasType(HttpResponseMessage reply, string type) =>
        string.Equals(reply.Content.Headers.ContentType?.MediaType, type, StringComparison.OrdinalIgnoreCase);

    static string DescribeType(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } media ? Printable.Sanitize(media) : "no content type";
}

/// <summary>
/// The exception for a reply that no conveyor server sends. Its message says what the server did, such as "replied with
/// text/html".
/// </summary>
sealed class ForeignServerException(string what) : Exception(what)
{
    /// <summary>Returns the exception for JSON that lacks members, or has others than a conveyor server sends.</summary>
    public static ForeignServerException CreateForJson() => new("replied with JSON of another kind");

    /// <summary>
    /// Returns whether an exception is one that reading a member of JSON throws if the member is missing or has another
    /// type.
    /// </summary>
    public static bool IsCause(Exception exception) =>
        exception
            is System.Text.Json.JsonException
                or KeyNotFoundException
                or InvalidOperationException
                or FormatException
                or ArithmeticException;
}
