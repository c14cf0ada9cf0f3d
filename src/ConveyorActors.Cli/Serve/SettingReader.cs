using System.CommandLine;
using ConveyorActors.Cli.Usage;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Serve;

/// <summary>
/// Reads settings from flags, then environment variables, then the settings files. Each value keeps the place where it
/// was given.
/// </summary>
sealed class SettingReader(ParseResult parsed, IConfiguration configuration, InputErrors inputErrors)
{
    const string Section = "Conveyor";

    /// <summary>Returns the key of a flag, such as "MaxPerStage" for "--max-per-stage".</summary>
    public static string FormatKey(string flag) =>
        string.Concat(flag.TrimStart('-').Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    public InputValue<string>? ReadText(Flag flag)
    {
        if (flag.GetText(parsed) is { } text)
            return new(text, flag.Name, text);
        return configuration[$"{Section}:{FormatKey(flag.Name)}"] is { } set
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
        if (configuration[key] is not { } text)
            return false;
        if (!bool.TryParse(text, out var value))
            inputErrors.AddWrong(key, text, "true or false");
        return value;
    }

    public IReadOnlyList<InputValue<string>> ReadMany(Flag flag, ValueKind<string> kind)
    {
        var texts = flag.GetTexts(parsed);
        var key = $"{Section}:{FormatKey(flag.Name)}";
        var set = ReadTexts(key);
        return
        [
            .. (texts.Count > 0 ? texts : set)
                .Select(t => inputErrors.Read(kind, texts.Count > 0 ? flag.Name : key, t))
                .OfType<InputValue<string>>(),
        ];
    }

    /// <summary>Adds an error for each setting that is unknown, or is a list or an object where it must not be.</summary>
    public void CheckSettings(IEnumerable<Option> options)
    {
        var known = options.ToDictionary(o => FormatKey(o.Name), StringComparer.OrdinalIgnoreCase);
        var section = configuration.GetSection(Section);
        if (DescribeWrongSection(section) is { } wrong)
        {
            inputErrors.Add(wrong);
            return;
        }
        foreach (var child in section.GetChildren())
            if (!known.TryGetValue(child.Key, out var option))
                inputErrors.Add(DescribeUnknown(child.Key, [.. known.Keys]));
            else if (option is Flag { IsRepeatable: true } list)
                CheckList(child, list.Right);
            else if (child.GetChildren().Any())
                inputErrors.Add(
                    $"{child.Path} is {DescribeShape(child)}; it must be {(option as Flag)?.Right ?? "true or false"}"
                );
    }

    /// <summary>Returns the error if the section is a list or a value; null: it is an object, or is not given.</summary>
    string? DescribeWrongSection(IConfigurationSection section)
    {
        var right = $"it must be an object with the settings of {Terminal.ProgramName} serve";
        if (IsList(section))
            return $"{Section} is a list; {right}";
        if (section.Value is not { } text)
            return null;
        if (!IsValueInFile(Section))
            return $"the environment variable {Section} is {Printable.Quote(text)}; it must not be set, because each setting is a variable of its own, such as {Section}__MaxPerStage";
        // The configuration has an empty list in the file as an empty text.
        return $"{Section} is {(text.Length == 0 ? "an empty text or list" : Printable.Quote(text))}; {right}";
    }

    void CheckList(IConfigurationSection list, string right)
    {
        if (list.GetChildren().Any() && !IsList(list))
            inputErrors.Add($"{list.Path} is an object; it must be a list, each item {right}");
        else
            foreach (var item in list.GetChildren())
                if (item.Value is null)
                    inputErrors.Add(
                        $"{item.Path} is {(item.GetChildren().Any() ? DescribeShape(item) : "null")}; it must be {right}"
                    );
    }

    /// <summary>Returns the texts of a setting that is a list, or a single text.</summary>
    IEnumerable<string> ReadTexts(string key) =>
        (IsListOverValue(key) ? null : configuration[key]) switch
        {
            // The configuration has an empty list in the file as an empty text.
            "" when IsValueInFile(key) => [],
            { } single => [single],
            null => configuration.GetSection(key).GetChildren().Select(c => c.Value).OfType<string>(),
        };

    /// <summary>Returns whether a list, given in a later place, replaces the single value of a key.</summary>
    bool IsListOverValue(string key) =>
        configuration is IConfigurationRoot root
        && root.Providers.LastOrDefault(p => p.TryGet(key, out _) || p.GetChildKeys([], key).Any()) is { } last
        && last.GetChildKeys([], key).Any();

    /// <summary>Returns whether the value of a key comes from the file and not from a variable.</summary>
    bool IsValueInFile(string key) =>
        configuration is IConfigurationRoot root
        && root.Providers.LastOrDefault(p => p.TryGet(key, out var value) && value is not null)
            is Microsoft.Extensions.Configuration.Json.JsonConfigurationProvider;

    static string DescribeUnknown(string key, IReadOnlyList<string> known) =>
        key.Equals("ApiKey", StringComparison.OrdinalIgnoreCase)
            ? $"{Section}:{Printable.Sanitize(key)} is not a setting of {Terminal.ProgramName} serve; the key must be given as the environment variable {ApiKey.Variable}, or in the file that {Section}:ApiKeyFile names"
            : $"{Section}:{Printable.Sanitize(key)} is not a setting of {Terminal.ProgramName} serve{Nearest.Guess(key, known)}";

    static string DescribeShape(IConfigurationSection section) => IsList(section) ? "a list" : "an object";

    static bool IsList(IConfigurationSection section) =>
        section.GetChildren().Any() && section.GetChildren().All(c => c.Key.All(char.IsAsciiDigit));
}
