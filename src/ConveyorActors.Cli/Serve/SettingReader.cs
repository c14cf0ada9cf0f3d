using System.CommandLine;
using ConveyorActors.Cli.Usage;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Serve;

/// <summary>
/// Reads settings from flags, then environment variables, then appsettings.json. Each value keeps the place where it
/// was given.
/// </summary>
sealed class SettingReader(ParseResult parsed, IConfiguration configuration, InputErrors inputErrors)
{
    const string Section = "Conveyor";
    const string File = "appsettings.json";

    /// <summary>Returns the configuration of this process; null: the file cannot be used.</summary>
    public static IConfigurationRoot? LoadConfiguration(InputErrors inputErrors)
    {
        try
        {
            return new ConfigurationBuilder()
                .SetBasePath(Directory.GetCurrentDirectory())
                .AddJsonFile(File, optional: true)
                .AddEnvironmentVariables()
                .Build();
        }
        catch (Exception e)
            when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
        {
            inputErrors.Add(
                $"{File} cannot be read: {ExceptionSentence.Format(e.InnerException ?? e)}; it must be an object of JSON"
            );
            return null;
        }
    }

    /// <summary>Returns the key of a flag, such as "MaxPerStage" for "--max-per-stage".</summary>
    public static string FormatKey(string flag) =>
        string.Concat(flag.TrimStart('-').Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    public InputValue<string>? ReadText(Flag flag)
    {
        if (flag.GetText(parsed) is { } text)
            return new(text, flag.Name, text);
        return configuration[$"{Section}:{FormatKey(flag.Name)}"] is { Length: > 0 } set
            ? new(set, $"{Section}:{FormatKey(flag.Name)}", set)
            : null;
    }

    public InputValue<T>? Read<T>(Flag flag, ValueKind<T> kind) =>
        ReadText(flag) is { } given ? inputErrors.Read(kind, given.Where, given.Text) : null;

    public bool Read(Option<bool> option)
    {
        if (parsed.GetValue(option))
            return true;
        var key = $"{Section}:{FormatKey(option.Name)}";
        if (configuration[key] is not { Length: > 0 } text)
            return false;
        if (!bool.TryParse(text, out var value))
            inputErrors.AddWrong(key, text, "true or false");
        return value;
    }

    public IReadOnlyList<InputValue<string>> ReadMany(Flag flag, ValueKind<string> kind)
    {
        var texts = flag.GetTexts(parsed);
        var key = $"{Section}:{FormatKey(flag.Name)}";
        var set = configuration
            .GetSection(key)
            .GetChildren()
            .Select(c => c.Value ?? "")
            .DefaultIfEmpty(configuration[key] ?? "")
            .Where(t => t.Length > 0);
        return
        [
            .. (texts.Count > 0 ? texts : set)
                .Select(t => inputErrors.Read(kind, texts.Count > 0 ? flag.Name : key, t))
                .OfType<InputValue<string>>(),
        ];
    }

    /// <summary>Adds an error for each unknown setting in the file.</summary>
    public void CheckNames(IEnumerable<Option> options)
    {
        var known = options.Select(o => FormatKey(o.Name)).ToArray();
        foreach (var child in configuration.GetSection(Section).GetChildren())
            if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                inputErrors.Add(
                    $"{Section}:{Printable.Sanitize(child.Key)} is not a setting of {Terminal.ProgramName} serve{Nearest.Guess(child.Key, known)}"
                );
    }
}
