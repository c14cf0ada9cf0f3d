using System.Text.Json;
using ConveyorActors.Http.Wire;
using ConveyorActors.Pipelines.Files;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Usage;

/// <summary>
/// Loads appsettings.json of the current directory, with the file of the environment, such as
/// appsettings.Production.json, over it, and the environment variables over both.
/// </summary>
/// <remarks>The HTTP server itself reads its log levels from there, so the levels are checked here, too.</remarks>
static class SettingsFile
{
    public const string FileName = "appsettings.json";

    const string Right = "an object of JSON such as { \"Conveyor\": { \"MaxPerStage\": 50000 } }";

    /// <summary>Returns the configuration of this process; null: a file cannot be used.</summary>
    public static IConfigurationRoot? Load(InputErrors inputErrors) =>
        Load(Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable, inputErrors);

    /// <summary>Returns the configuration of a process in a directory; null: a file cannot be used.</summary>
    public static IConfigurationRoot? Load(string directory, Func<string, string?> environment, InputErrors inputErrors)
    {
        // .NET has the same order.
        var name = environment("DOTNET_ENVIRONMENT") ?? environment("ASPNETCORE_ENVIRONMENT") ?? "Production";
        // It loads each source once, when it is added.
        var all = new ConfigurationManager();
        all.SetBasePath(directory);
        if (
            !TryAdd(all, directory, FileName, inputErrors)
            || !TryAdd(all, directory, $"appsettings.{name}.json", inputErrors)
        )
        {
            all.Dispose();
            return null;
        }
        all.AddEnvironmentVariables();
        LogLevels.Validate(all, inputErrors);
        return all;
    }

    /// <summary>Adds the settings of a file, which need not exist. Returns false if it cannot be used.</summary>
    static bool TryAdd(ConfigurationManager all, string directory, string file, InputErrors inputErrors)
    {
        if (FindKind(Path.Combine(directory, file)) is { } kind)
        {
            // The configuration would take a directory for a file that does not exist, wait for the writer of a pipe,
            // and read a device without end.
            inputErrors.Add($"{file} is {kind}; it must be a file with {Right}, or not exist");
            return false;
        }
        try
        {
            all.AddJsonFile(file, optional: true);
            return true;
        }
        catch (Exception e)
            when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            inputErrors.Add(Describe(file, e));
            return false;
        }
    }

    /// <summary>Returns the kind of a file that is not a regular one; null: it is, or it does not exist.</summary>
    static string? FindKind(string path) =>
        FileId.Find(path)?.Kind switch
        {
            FileKind.Directory => "a directory",
            FileKind.Pipe => "a pipe",
            FileKind.Character => "a device",
            FileKind.Socket => "a socket",
            _ => null,
        };

    static string Describe(string file, Exception e)
    {
        if (e.GetBaseException() is JsonException broken)
            return $"{file} is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}: {Printable.Sanitize(JsonText.GetReason(broken), 200)}; it must be {Right}";
        var why = ExceptionSentence.Format(e.InnerException ?? e);
        const string duplicate = "A duplicate key ";
        return why.StartsWith(duplicate, StringComparison.Ordinal)
            ? $"{file} has the key {why[duplicate.Length..].Replace(" was found", "", StringComparison.Ordinal)} twice; it must have each key once, and upper and lower case do not differ"
            : $"{file} cannot be read: {why}; it must be {Right}";
    }
}
