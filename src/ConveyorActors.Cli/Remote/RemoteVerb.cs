using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>
/// The shared part of the verbs on a running server: its URL, the key, the pipeline, and the choice of JSON or tables.
/// </summary>
sealed class RemoteVerb
{
    const string ExitCode = "Conveyor-Exit-Code";

    static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(100);

    readonly Terminal terminal;
    readonly ServerFlags flags = new();
    readonly Option<bool> json = new("--json") { Description = "Print JSON instead of tables." };

    public RemoteVerb(Terminal terminal, Verb verb)
    {
        (this.terminal, Verb) = (terminal, verb);
        flags.AddTo(verb);
        verb.Options.Add(json);
    }

    public Verb Verb { get; }

    /// <summary>A request to be sent.</summary>
    /// <param name="Method">The HTTP method.</param>
    /// <param name="Path">The path below the server's URL, encoded; {0} stands for the pipeline.</param>
    /// <param name="Query">Additional query parameters.</param>
    /// <param name="Body">The body; null: none.</param>
    public sealed record Call(HttpMethod Method, string Path, string Query = "", string? Body = null)
    {
        /// <summary>Gets whether the path contains the pipeline, so that its name must be known.</summary>
        public bool NeedsPipeline => Path.Contains("{0}", StringComparison.Ordinal);
    }

    /// <summary>Sends a request and shows the reply.</summary>
    public async Task<int> RunAsync(ParseResult parsed, InputErrors inputErrors, Call call)
    {
        var target = flags.Read(parsed, inputErrors);
        if (inputErrors.Any)
            return CommandLine.ReportUsageErrors(terminal, inputErrors.All, Verb);
        var (server, key, name) = target;
        using var client = new HttpClient { Timeout = RequestTimeout };
        try
        {
            if (call.NeedsPipeline && name is null)
            {
                var (exit, only) = await FindOnlyPipelineAsync(client, server, key).ConfigureAwait(false);
                if (only is null)
                    return exit;
                name = only;
            }
            var path = call.Path.Replace("{0}", Uri.EscapeDataString(name ?? ""), StringComparison.Ordinal);
            var query = string.Join(
                '&',
                (
                    (string[])
                        [call.Query, name is null || call.NeedsPipeline ? "" : "pipeline=" + Uri.EscapeDataString(name)]
                ).Where(q => q.Length > 0)
            );
            using var reply = await SendAsync(
                    client,
                    call.Method,
                    CreateUri(server, path, query),
                    key,
                    parsed.GetValue(json),
                    call.Body
                )
                .ConfigureAwait(false);
            return await ShowAsync(reply).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerFlags.DescribeNoReply(e, RequestTimeout) is { } why)
        {
            terminal.WriteMessage(ServerFlags.FormatNoReply(server, why));
            return ExitCodes.Failed;
        }
    }

    async Task<(int Exit, string? Pipeline)> FindOnlyPipelineAsync(HttpClient client, Uri server, string? key)
    {
        using var reply = await SendAsync(
                client,
                HttpMethod.Get,
                CreateUri(server, "v1/pipelines", ""),
                key,
                wantsJson: true,
                null
            )
            .ConfigureAwait(false);
        if (!reply.IsSuccessStatusCode)
            return (await ShowAsync(reply).ConfigureAwait(false), null);
        using var document = JsonDocument.Parse(await reply.Content.ReadAsByteArrayAsync().ConfigureAwait(false));
        var names = document
            .RootElement.GetProperty("pipelines")
            .EnumerateArray()
            .Select(p => p.GetProperty("pipeline").GetString()!)
            .ToList();
        if (names.Count == 1)
            return (ExitCodes.Done, names[0]);
        if (names.Count == 0)
        {
            terminal.WriteMessage("the server has no pipeline yet");
            return (ExitCodes.Failed, null);
        }
        const int shown = 10;
        terminal.WriteMessage(
            $"{ServerFlags.PipelineFlag} is missing; it must be one of {string.Join(", ", names.Take(shown).Select(n => $"'{Printable.Sanitize(n, 200)}'"))}{(names.Count > shown ? $", and {names.Count - shown} more" : "")}"
        );
        return (ExitCodes.Usage, null);
    }

    static Uri CreateUri(Uri server, string path, string query) =>
        new($"{server.ToString().TrimEnd('/')}/{path}{(query.Length > 0 ? "?" + query : "")}");

    static async Task<HttpResponseMessage> SendAsync(
        HttpClient client,
        HttpMethod method,
        Uri at,
        string? key,
        bool wantsJson,
        string? body
    )
    {
        using var request = new HttpRequestMessage(method, at);
        request.Headers.Accept.Add(new(wantsJson ? "application/json" : "text/plain"));
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await client.SendAsync(request).ConfigureAwait(false);
    }

    async Task<int> ShowAsync(HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync().ConfigureAwait(false);
        if (reply.IsSuccessStatusCode)
        {
            terminal.Out.Write(text);
            return reply.Headers.TryGetValues(ExitCode, out var values) && int.TryParse(values.First(), out var exit)
                ? exit
                : ExitCodes.Done;
        }
        terminal.WriteMessage(
            ServerFlags.ReadDetail(text)
                ?? $"the server refused the request with {(int)reply.StatusCode} {reply.ReasonPhrase}"
        );
        return reply.StatusCode == System.Net.HttpStatusCode.BadRequest ? ExitCodes.Usage : ExitCodes.Failed;
    }
}
