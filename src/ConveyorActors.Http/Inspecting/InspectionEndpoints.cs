using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Inspecting;

/// <summary>
/// Serves the operator's commands over HTTP. The results are those of the command line, as JSON or, where the client
/// accepts <c>text/plain</c>, as tables.
/// </summary>
sealed class InspectionEndpoints(IBufferService service, ConveyorHttpOptions options, PipelineGate pipelines)
{
    /// <summary>The response header with the exit code for the command line.</summary>
    public const string ExitCode = "Conveyor-Exit-Code";

    /// <summary>The maximum time that a stop gives to consumers, in milliseconds.</summary>
    public const long MaxDeadlineMs = 86_400_000;

    const string Pipeline = "pipeline";

    readonly InspectionCore core = new(service);

    public Task<IResult> GetPipelinesAsync(HttpContext context) => ReplyAsync(context, "pipelines", [], []);

    public Task<IResult> GetStagesAsync(HttpContext context) =>
        ReplyAsync(context, "stages", [RouteNames.GetName(context, Pipeline)], []);

    public Task<IResult> GetSourcesAsync(HttpContext context) =>
        ReplyAsync(context, "sources", [RouteNames.GetName(context, Pipeline)], []);

    /// <summary>Returns all numbers of one pipeline, or the numbers of all pipelines.</summary>
    public Task<IResult> GetStatsAsync(HttpContext context) =>
        QueryReader.GetText(context, Pipeline) is { } named
            ? ReplyAsync(context, "stats", [RouteNames.Validate(named, Pipeline)], [], Pipeline)
            : ReplyAsync(context, "pipelines", [], [], Pipeline);

    public Task<IResult> AuditAsync(HttpContext context) =>
        ReplyAsync(
            context,
            "audit",
            QueryReader.GetText(context, Pipeline) is { } named ? [RouteNames.Validate(named, Pipeline)] : [],
            [],
            Pipeline
        );

    public async Task<IResult> ExplainAsync(HttpContext context) =>
        await ReplyAsync(
                context,
                "why",
                [await ChooseAsync(context).ConfigureAwait(false), RouteNames.GetName(context, "source")],
                [],
                Pipeline
            )
            .ConfigureAwait(false);

    public async Task<IResult> GetLimitsAsync(HttpContext context) =>
        await ReplyAsync(context, "limits", ["show", await ChooseAsync(context).ConfigureAwait(false)], [], Pipeline)
            .ConfigureAwait(false);

    public async Task<IResult> GetCreditsAsync(HttpContext context)
    {
        string[] set = QueryReader.GetText(context, "stage") is { } stage ? [$"--stage={stage}"] : [];
        return await ReplyAsync(
                context,
                "credits",
                [await ChooseAsync(context).ConfigureAwait(false), RouteNames.GetName(context, "source")],
                set,
                Pipeline,
                "stage"
            )
            .ConfigureAwait(false);
    }

    /// <summary>Sets limits or, with <c>?dryRun=true</c>, only shows what setting them would do.</summary>
    public async Task<IResult> SetLimitsAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context, Pipeline, "dryRun");
        var isDry = QueryReader.GetFlag(context, "dryRun");
        if (options.IsReadOnly && !isDry)
            throw new HttpProblem(
                StatusCodes.Status403Forbidden,
                "read-only",
                "PUT '/v1/limits' would change something, and this server is read-only; it must have dryRun=true"
            );
        var pipeline = await ChooseAsync(context).ConfigureAwait(false);
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers([
            .. LimitNames.All,
        ]);
        List<string> set =
        [
            .. body
                .Root.EnumerateObject()
                .Select(m => $"--{LimitNames.ToOption(m.Name)}={LimitNames.FormatValue(m.Value)}"),
        ];
        if (set.Count == 0)
            throw HttpProblem.CreateInvalid(
                $"the body has no limit; it must have at least one of {string.Join(", ", LimitNames.All)}"
            );
        if (isDry)
            set.Add("--plan");
        return await ReplyAsync(context, "limits", ["set", pipeline], set, Pipeline, "dryRun").ConfigureAwait(false);
    }

    /// <summary>Replays or purges dead letters.</summary>
    public async Task<IResult> ChangeDeadLettersAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context);
        var (pipeline, stage) = (RouteNames.GetName(context, Pipeline), RouteNames.GetName(context, "stage"));
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers("action", "max");
        if (body.GetText("action") is not ("replay" or "purge") and var action)
            throw action is null
                ? HttpProblem.CreateInvalid("action is missing; it must be replay or purge")
                : HttpProblem.CreateInvalid("action", action, "replay or purge");
        string[] most = body.GetNumber("max", 1, int.MaxValue) is { } max
            ? [string.Create(CultureInfo.InvariantCulture, $"--max={max}")]
            : [];
        return await ReplyAsync(context, "dead-letters", [body.GetText("action")!, pipeline, stage], most)
            .ConfigureAwait(false);
    }

    /// <summary>Holds or resumes a source or stage.</summary>
    public async Task<IResult> HoldAsync(HttpContext context, string command)
    {
        QueryReader.ValidateNames(context);
        var pipeline = RouteNames.GetName(context, Pipeline);
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers("target", "name");
        var target =
            body.GetText("target") ?? throw HttpProblem.CreateInvalid("target is missing; it must be source or stage");
        var name =
            body.GetText("name")
            ?? throw HttpProblem.CreateInvalid("name is missing; it must be the name of a source or stage");
        return await ReplyAsync(context, command, [pipeline, target, RouteNames.Validate(name, "name")], [])
            .ConfigureAwait(false);
    }

    /// <summary>Stops a pipeline.</summary>
    public async Task<IResult> DrainAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context);
        var pipeline = RouteNames.GetName(context, Pipeline);
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers("deadlineMs");
        string[] deadline = body.GetNumber("deadlineMs", 0, MaxDeadlineMs) is { } ms
            ? [string.Create(CultureInfo.InvariantCulture, $"--deadline={ms / 1000d:0.###}")]
            : [];
        return await ReplyAsync(context, "drain", [pipeline], deadline).ConfigureAwait(false);
    }

    ValueTask<string> ChooseAsync(HttpContext context) =>
        pipelines.ChooseAsync(QueryReader.GetText(context, Pipeline), context.RequestAborted);

    /// <summary>Runs an operator's command and returns its result.</summary>
    /// <param name="context">The request.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="places">The command's positional arguments; they may begin with dashes.</param>
    /// <param name="set">The command's options.</param>
    /// <param name="parameters">The query parameters that are allowed.</param>
    async Task<IResult> ReplyAsync(
        HttpContext context,
        string command,
        IReadOnlyList<string> places,
        IReadOnlyList<string> set,
        params string[] parameters
    )
    {
        QueryReader.ValidateNames(context, parameters);
        var wantsText = ReplyFormat.IsTextPreferred(context.Request.GetTypedHeaders());
        string[] json = wantsText ? [] : ["--json"];
        var reply = await core.RunAsync([command, .. json, .. set, "--", .. places], context.RequestAborted)
            .ConfigureAwait(false);
        if (reply.Failure is TimeoutException or BufferUnavailableException or ObjectDisposedException)
            throw ProblemFilter.CreateProblem(reply.Failure, context);
        if (reply.IsError && !reply.IsReport)
            throw CreateProblem(reply, wantsText);
        context.Response.Headers[ExitCode] = reply.ExitCode.ToString(CultureInfo.InvariantCulture);
        return Results.Text(reply.Text + "\n", wantsText ? ReplyFormat.TextType : JsonText.MediaType, Encoding.UTF8);
    }

    static HttpProblem CreateProblem(InspectionReply reply, bool wantsText)
    {
        var message = wantsText
            ? reply.Text
            : JsonDocument.Parse(reply.Text).RootElement.GetProperty("error").GetString()!;
        message = CommandError.Format(message);
        return reply.IsUnknown ? HttpProblem.CreateNotFound(message)
            : reply.ExitCode == 2 ? HttpProblem.CreateInvalid(message)
            : new(StatusCodes.Status409Conflict, "not-possible", message);
    }
}
