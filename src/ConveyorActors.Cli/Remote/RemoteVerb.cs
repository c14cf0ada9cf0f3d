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
    /// <summary>
    /// The longest time that a server may take to reply, and to send the reply's body. It is more than a server waits
    /// for the nodes of its cluster.
    /// </summary>
    static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    readonly TimeSpan timeout;
    readonly Terminal terminal;
    readonly ServerFlags flags = new();
    readonly Option<bool> json = new("--json") { Description = "Print JSON instead of tables." };

    public RemoteVerb(Terminal terminal, Verb verb, TimeSpan? timeout = null)
    {
        (this.terminal, Verb, this.timeout) = (terminal, verb, timeout ?? DefaultTimeout);
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
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var time = new CancellationTokenSource();
        try
        {
            return await RunAsync(client, target, call, parsed.GetValue(json), time).ConfigureAwait(false);
        }
        catch (ForeignServerException foreign)
        {
            terminal.WriteMessage(ServerFlags.FormatForeign(target.Server, foreign.Message));
            return ExitCodes.Failed;
        }
        catch (Exception e) when (ServerFlags.DescribeNoReply(e, timeout) is { } why)
        {
            terminal.WriteMessage(ServerFlags.FormatNoReply(target.Server, why));
            return ExitCodes.Failed;
        }
    }

    async Task<int> RunAsync(
        HttpClient client,
        ServerTarget target,
        Call call,
        bool wantsJson,
        CancellationTokenSource time
    )
    {
        var name = target.Pipeline;
        if (call.NeedsPipeline && name is null)
        {
            var (exit, only) = await FindOnlyPipelineAsync(client, target, time).ConfigureAwait(false);
            if (only is null)
                return exit;
            name = only;
        }
        var path = call.Path.Replace("{0}", Uri.EscapeDataString(name ?? ""), StringComparison.Ordinal);
        string[] query =
        [
            call.Query,
            name is null || call.NeedsPipeline ? "" : "pipeline=" + Uri.EscapeDataString(name),
        ];
        using var request = CreateRequest(
            target,
            call.Method,
            path,
            string.Join('&', query.Where(q => q.Length > 0)),
            wantsJson
        );
        if (call.Body is not null)
            request.Content = new StringContent(
                call.Body,
                Encoding.UTF8,
                new MediaTypeHeaderValue(ServerReply.JsonType)
            );
        using var reply = await SendAsync(client, request, time).ConfigureAwait(false);
        if (!reply.IsSuccessStatusCode)
            return await ReportRefusalAsync(reply, target.Server, time.Token).ConfigureAwait(false);
        var (text, code) = await ReadReportAsync(reply, wantsJson, time.Token).ConfigureAwait(false);
        terminal.Out.Write(text);
        return code;
    }

    async Task<(int Exit, string? Pipeline)> FindOnlyPipelineAsync(
        HttpClient client,
        ServerTarget target,
        CancellationTokenSource time
    )
    {
        using var request = CreateRequest(target, HttpMethod.Get, "v1/pipelines", "", wantsJson: true);
        using var reply = await SendAsync(client, request, time).ConfigureAwait(false);
        if (!reply.IsSuccessStatusCode)
            return (await ReportRefusalAsync(reply, target.Server, time.Token).ConfigureAwait(false), null);
        var (text, _) = await ReadReportAsync(reply, wantsJson: true, time.Token).ConfigureAwait(false);
        var names = ReadPipelines(text);
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

    static List<string> ReadPipelines(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return
            [
                .. document
                    .RootElement.GetProperty("pipelines")
                    .EnumerateArray()
                    .Select(p => p.GetProperty("pipeline").GetString() ?? throw new KeyNotFoundException()),
            ];
        }
        catch (Exception e) when (ForeignServerException.IsCause(e))
        {
            throw ForeignServerException.CreateForJson();
        }
    }

    static HttpRequestMessage CreateRequest(
        ServerTarget target,
        HttpMethod method,
        string path,
        string query,
        bool wantsJson
    )
    {
        var request = new HttpRequestMessage(
            method,
            new Uri($"{target.Server.ToString().TrimEnd('/')}/{path}{(query.Length > 0 ? "?" + query : "")}")
        );
        request.Headers.Accept.Add(new(wantsJson ? ServerReply.JsonType : ServerReply.TextType));
        if (target.Key is not null)
            request.Headers.Authorization = new("Bearer", target.Key);
        return request;
    }

    // The body is read later: an endless one of another server must not be read before its headers are checked.
    async Task<HttpResponseMessage> SendAsync(
        HttpClient client,
        HttpRequestMessage request,
        CancellationTokenSource time
    )
    {
        time.CancelAfter(timeout);
        var reply = await client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token)
            .ConfigureAwait(false);
        time.CancelAfter(timeout);
        return reply;
    }

    /// <summary>Returns a command's report, safe to show, and its exit code.</summary>
    /// <exception cref="ForeignServerException">The reply is not one of a conveyor server.</exception>
    static async Task<(string Text, int ExitCode)> ReadReportAsync(
        HttpResponseMessage reply,
        bool wantsJson,
        CancellationToken cancellationToken
    )
    {
        ServerReply.RequireType(reply, wantsJson ? ServerReply.JsonType : ServerReply.TextType);
        var exit = ServerReply.ReadExitCode(reply);
        var text = await ServerReply
            .ReadTextAsync(reply, ServerReply.MaxBytes, cancellationToken)
            .ConfigureAwait(false);
        if (!wantsJson)
            return (ForeignText.SanitizeLines(text), exit);
        try
        {
            return (ForeignText.EscapeJson(text), exit);
        }
        catch (JsonException)
        {
            throw new ForeignServerException("replied with JSON that is not valid");
        }
    }

    async Task<int> ReportRefusalAsync(HttpResponseMessage reply, Uri server, CancellationToken cancellationToken)
    {
        var why = await ServerReply.DescribeRefusalAsync(reply, server, cancellationToken).ConfigureAwait(false);
        terminal.WriteMessage(ServerFlags.NameFlags(why));
        return ServerReply.GetExitCode(reply.StatusCode);
    }
}
