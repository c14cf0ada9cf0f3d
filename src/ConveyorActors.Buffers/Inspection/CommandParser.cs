using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>
/// Parses the words after a command's name. Words that begin with two dashes are options, up to a word that is only two
/// dashes.
/// </summary>
sealed class CommandParser(InspectionCommand command)
{
    readonly Dictionary<string, string> arguments = new(StringComparer.Ordinal);
    readonly Dictionary<string, string?> options = new(StringComparer.Ordinal);
    readonly List<string> places = [];

    /// <exception cref="InspectionException">A word is missing, unknown or superfluous.</exception>
    public Invocation Parse(IBufferService service, IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "--")
            {
                places.AddRange(words.Skip(i + 1));
                break;
            }
            if (words[i].StartsWith("--", StringComparison.Ordinal))
                i += TakeOption(words, i);
            else
                places.Add(words[i]);
        }
        SetArguments();
        return Validate(service);
    }

    /// <summary>
    /// Parses arguments and options given by name, with or without dashes before the name and in any case, as pbm
    /// passes them.
    /// </summary>
    /// <param name="service">The buffer service.</param>
    /// <param name="given">The names and values. An option without a value is omitted when its value is "no".</param>
    /// <exception cref="InspectionException">A name is missing, unknown or given twice.</exception>
    public Invocation ParseNamed(IBufferService service, IEnumerable<(string Name, string? Value)> given)
    {
        foreach (var (shown, value) in given)
        {
            var name = shown.TrimStart('-').ToLowerInvariant();
            if (command.Arguments.FirstOrDefault(a => a.Name.ToLowerInvariant() == name) is { } argument)
            {
                if (arguments.ContainsKey(argument.Name))
                    throw CreateUsageError($"{argument.Name} is given twice; it must be given once");
                SetArgument(argument, value ?? "");
            }
            else if (FindOption(name).Value is not null)
                TakeOption([$"--{name}={value}"], 0);
            else if (!string.Equals(value, "no", StringComparison.OrdinalIgnoreCase))
                TakeOption([$"--{name}"], 0);
        }
        return Validate(service);
    }

    Invocation Validate(IBufferService service)
    {
        if (command.Arguments.FirstOrDefault(a => !a.IsOptional && !arguments.ContainsKey(a.Name)) is { } missing)
            throw CreateUsageError(
                $"{missing.Name} is missing; it must be {(missing.Choices.Count > 0 ? string.Join(" or ", missing.Choices) : missing.Description)}: {HelpText.FormatUsage(command)}"
            );
        return new(service, arguments, options);
    }

    /// <summary>Returns how many of the following words belong to the option.</summary>
    int TakeOption(IReadOnlyList<string> words, int at)
    {
        var (name, equals) = (words[at][2..], words[at].IndexOf('=', StringComparison.Ordinal));
        if (equals >= 0)
            name = words[at][2..equals];
        var option = FindOption(name);
        if (options.ContainsKey(name))
            throw CreateUsageError($"--{name} is given twice; it must be given once");
        if (option.Value is null)
        {
            if (equals >= 0)
                throw CreateUsageError($"--{name} is given '{words[at][(equals + 1)..]}'; it has no value");
            options[name] = null;
            return 0;
        }
        if (equals < 0 && at + 1 >= words.Count)
            throw CreateUsageError($"--{name} has no value; it must be followed by {option.Value}");
        options[name] = equals >= 0 ? words[at][(equals + 1)..] : words[at + 1];
        return equals >= 0 ? 0 : 1;
    }

    void SetArguments()
    {
        for (var i = 0; i < places.Count; i++)
        {
            if (i >= command.Arguments.Count)
                throw CreateUsageError($"'{places[i]}' is one word too many; {HelpText.FormatUsage(command)}");
            SetArgument(command.Arguments[i], places[i]);
        }
    }

    void SetArgument(InspectionArgument argument, string value)
    {
        if (argument.Choices.Count > 0 && !argument.Choices.Contains(value, StringComparer.Ordinal))
            throw InspectionException.CreateNotOneOf(argument.Name, value, argument.Choices);
        if (argument.Choices.Count == 0)
            CheckName(argument.Name, value);
        arguments[argument.Name] = value;
    }

    InspectionOption FindOption(string name) =>
        command.AllOptions.FirstOrDefault(o => o.Name == name)
        ?? throw CreateUsageError($"--{name} is not an option of {command.Name}{Guess(name)}");

    static void CheckName(string word, string value)
    {
        try
        {
            Names.Validate(value, word);
        }
        catch (ArgumentException e)
        {
            throw CreateUsageError(ExceptionLine.Format(e));
        }
    }

    string Guess(string name) =>
        NearestName.Find(name, command.AllOptions.Select(o => o.Name)) is { } near
            ? $"; did you mean --{near}?"
            : $"; it must be one of {string.Join(", ", command.AllOptions.Select(o => $"--{o.Name}"))}";

    static InspectionException CreateUsageError(string message) => new(InspectionException.WrongUsage, message);
}
