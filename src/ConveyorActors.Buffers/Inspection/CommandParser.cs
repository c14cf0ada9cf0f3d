using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>Reads the words after a command's name. Words that begin with two dashes are options until a word that is only two dashes.</summary>
sealed class CommandParser(InspectionCommand command)
{
    readonly Dictionary<string, string> arguments = new(StringComparer.Ordinal);
    readonly Dictionary<string, string?> options = new(StringComparer.Ordinal);
    readonly List<string> places = [];

    /// <exception cref="InspectionException">A word is missing, unknown or one too many.</exception>
    public Invocation Parse(IBufferService service, IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == "--")
            {
                places.AddRange(words.Skip(i + 1));
                break;
            }
            if (words[i].StartsWith("--", StringComparison.Ordinal)) i += TakeOption(words, i);
            else places.Add(words[i]);
        }
        NamePlaces();
        return new(service, arguments, options);
    }

    /// <summary>Returns how many words after this one belong to it.</summary>
    int TakeOption(IReadOnlyList<string> words, int at)
    {
        var (name, equals) = (words[at][2..], words[at].IndexOf('=', StringComparison.Ordinal));
        if (equals >= 0) name = words[at][2..equals];
        var option = HelpText.OptionsOf(command).FirstOrDefault(o => o.Name == name)
            ?? throw Wrong($"--{name} is not an option of {command.Name}{Guess(name)}");
        if (options.ContainsKey(name)) throw Wrong($"--{name} is given twice; it must be given once");
        if (option.Value is null)
        {
            if (equals >= 0) throw Wrong($"--{name} is given '{words[at][(equals + 1)..]}'; it has no value");
            options[name] = null;
            return 0;
        }
        if (equals < 0 && at + 1 >= words.Count) throw Wrong($"--{name} has no value; it must be followed by {option.Value}");
        options[name] = equals >= 0 ? words[at][(equals + 1)..] : words[at + 1];
        return equals >= 0 ? 0 : 1;
    }

    void NamePlaces()
    {
        for (var i = 0; i < places.Count; i++)
        {
            if (i >= command.Arguments.Count) throw Wrong($"'{places[i]}' is one word too many; {HelpText.UsageOf(command)}");
            var argument = command.Arguments[i];
            if (argument.Choices.Count > 0 && !argument.Choices.Contains(places[i], StringComparer.Ordinal))
                throw InspectionException.NotOneOf(argument.Name, places[i], argument.Choices);
            if (argument.Choices.Count == 0) CheckName(argument.Name, places[i]);
            arguments[argument.Name] = places[i];
        }
        if (places.Count < command.Arguments.Count && command.Arguments[places.Count] is { IsOptional: false } missing)
            throw Wrong($"{missing.Name} is missing; it must be {(missing.Choices.Count > 0 ? string.Join(" or ", missing.Choices) : missing.Description)}: {HelpText.UsageOf(command)}");
    }

    static void CheckName(string word, string value)
    {
        try { Names.Checked(value, word); }
        catch (ArgumentException e) { throw Wrong(OneLine.Of(e)); }
    }

    string Guess(string name) => NearestName.To(name, HelpText.OptionsOf(command).Select(o => o.Name)) is { } near
        ? $"; did you mean --{near}?" : $"; it must be one of {string.Join(", ", HelpText.OptionsOf(command).Select(o => $"--{o.Name}"))}";

    static InspectionException Wrong(string message) => new(InspectionException.WrongUsage, message);
}
