using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The options that specify the server and one of its pipelines.</summary>
sealed class ServerFlags
{
    public const string PipelineFlag = "--pipeline-name";

    const string UrlFlag = "--url";
    const string DefaultUrl = "http://127.0.0.1:7070";
    const string UrlVariable = "CONVEYOR_URL";
    const string KeyVariable = ApiKey.Variable;

    static readonly ValueKind<Uri> Url = new(
        "the URL of a server such as " + DefaultUrl,
        (string text, out Uri value) =>
            Uri.TryCreate(text, UriKind.Absolute, out value!)
            && value.Scheme is "http" or "https"
            && value.Query.Length == 0
            && value.Fragment.Length == 0
    )
    {
        Show = UrlText.HideUserInfo,
    };

    readonly Flag url = Flag.CreateSingle(
        UrlFlag,
        "URL",
        $"The server: conveyor serve, conveyor run --listen, or another server with the same API. Default: the environment variable {UrlVariable}, else {DefaultUrl}",
        Url
    );
    readonly Flag keyFile = Flag.CreateSingle(
        "--api-key-file",
        "FILE",
        $"The file with the server's key; or the environment variable {KeyVariable}.",
        Values.FilePath
    );
    readonly Flag pipeline = Flag.CreateSingle(
        PipelineFlag,
        "NAME",
        "The pipeline, if the server has several.",
        Values.Name
    );

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { url, keyFile, pipeline })
            command.Options.Add(option);
    }

    /// <summary>Reads the options. The result may be used only if there are no errors.</summary>
    public ServerTarget Read(ParseResult parsed, InputErrors inputErrors)
    {
        var server = inputErrors
            .Read(
                Url,
                url.GetText(parsed) is null ? UrlVariable : url.Name,
                url.GetText(parsed) ?? Environment.GetEnvironmentVariable(UrlVariable) ?? DefaultUrl
            )
            ?.Value;
        var name = inputErrors.Read(Values.Name, pipeline.Name, pipeline.GetText(parsed))?.Value;
        return new(server!, ReadKey(parsed, inputErrors), name);
    }

    /// <summary>Returns the reason why a request got no reply; null: the exception has another cause.</summary>
    public static string? DescribeNoReply(Exception exception, TimeSpan timeout) =>
        exception switch
        {
            HttpRequestException { InnerException: SocketException socket } => socket.Message,
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
                "its reply is too large",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                $"no TLS connection could be made ({ExceptionSentence.Format(exception.GetBaseException())})",
            HttpRequestException or IOException => ExceptionSentence.Format(exception.GetBaseException()),
            OperationCanceledException or TimeoutException => $"no reply came within {DurationText.Format(timeout)}",
            _ => null,
        };

    /// <summary>Returns the URL of a server without the user and the password that it may have.</summary>
    public static string Format(Uri server) =>
        Printable.Sanitize(
            server.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.SafeUnescaped)
        );

    public static string FormatNoReply(Uri server, string why) =>
        $"{UrlFlag} is '{Format(server)}', which does not reply: {Printable.Sanitize(why, 400)}; it must be the URL of a running server";

    /// <summary>Returns the error for a server that is not a conveyor server.</summary>
    /// <param name="server">The URL of the server.</param>
    /// <param name="what">What the server did, such as "replied with text/html".</param>
    public static string FormatForeign(Uri server, string what) =>
        $"{UrlFlag} is '{Format(server)}', which {what}; it must be the URL of a running conveyor server";

    /// <summary>Returns a server's error with the flag of this program in place of the parameter of the request.</summary>
    public static string NameFlags(string detail)
    {
        const string notGiven = "pipeline is not given; ",
            given = "pipeline is '";
        return detail.StartsWith(notGiven, StringComparison.Ordinal)
                ? $"{PipelineFlag} is missing; {detail[notGiven.Length..]}"
            : detail.StartsWith(given, StringComparison.Ordinal) ? $"{PipelineFlag} is '{detail[given.Length..]}"
            : detail;
    }

    /// <summary>Returns the detail of problem details; null: the text is not problem details.</summary>
    public static string? ReadDetail(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.TryGetProperty("detail", out var detail)
                ? Printable.Sanitize(detail.GetString() ?? "", 2000)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    string? ReadKey(ParseResult parsed, InputErrors inputErrors)
    {
        if (inputErrors.Read(Values.FilePath, keyFile.Name, keyFile.GetText(parsed))?.Value is not { } file)
            return Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key
                ? ValidateKey(KeyVariable, key, inputErrors)
                : null;
        try
        {
            return ValidateKey(
                $"the key in {keyFile.Name} {Printable.Quote(file)}",
                InputFile.ReadText(file, InputFile.MaxKeyBytes).Trim(),
                inputErrors
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            inputErrors.Add(
                $"{keyFile.Name} is {Printable.Quote(file)}, which cannot be read: {ExceptionSentence.Format(e)}; it must be a file with the key"
            );
            return null;
        }
    }

    static string ValidateKey(string where, string key, InputErrors inputErrors)
    {
        if (ApiKey.ValidateSent(key) is { } why)
            inputErrors.Add($"{where} {why}");
        return key;
    }
}

/// <summary>The server and the pipeline that a command is for.</summary>
/// <param name="Server">The URL of the server.</param>
/// <param name="Key">The API key; null: none was given.</param>
/// <param name="Pipeline">The pipeline; null: none is named.</param>
sealed record ServerTarget(Uri Server, string? Key, string? Pipeline);
