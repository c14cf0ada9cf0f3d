using System.Text.Json;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Wire;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Serve;

/// <summary>Loads appsettings.json of the current directory, with the environment variables over it.</summary>
static class SettingsFile
{
    public const string FileName = "appsettings.json";

    const string Right = "an object of JSON such as { \"Conveyor\": { \"MaxPerStage\": 50000 } }";

    /// <summary>Returns the configuration of this process; null: the file cannot be used.</summary>
    public static IConfigurationRoot? Load(InputErrors inputErrors) =>
        Load(Directory.GetCurrentDirectory(), inputErrors);

    /// <summary>Returns the configuration of a process in a directory; null: the file cannot be used.</summary>
    public static IConfigurationRoot? Load(string directory, InputErrors inputErrors)
    {
        if (Directory.Exists(Path.Combine(directory, FileName)))
        {
            // The configuration would take it for a file that does not exist.
            inputErrors.Add($"{FileName} is a directory; it must be a file with {Right}, or not exist");
            return null;
        }
        try
        {
            return new ConfigurationBuilder()
                .SetBasePath(directory)
                .AddJsonFile(FileName, optional: true)
                .AddEnvironmentVariables()
                .Build();
        }
        catch (Exception e)
            when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            inputErrors.Add(Describe(e));
            return null;
        }
    }

    static string Describe(Exception e)
    {
        if (e.GetBaseException() is JsonException broken)
            return $"{FileName} is not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}: {Printable.Sanitize(JsonText.GetReason(broken), 200)}; it must be {Right}";
        var why = ExceptionSentence.Format(e.InnerException ?? e);
        const string duplicate = "A duplicate key ";
        return why.StartsWith(duplicate, StringComparison.Ordinal)
            ? $"{FileName} has the key {why[duplicate.Length..].Replace(" was found", "", StringComparison.Ordinal)} twice; it must have each key once, and upper and lower case do not differ"
            : $"{FileName} cannot be read: {why}; it must be {Right}";
    }
}
