using Akka.Configuration;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Hosting;
using ConveyorActors.Hosting.Options;

namespace ConveyorActors.AkkaHosting;

/// <summary>
/// Converts the options of actors to keys: <c>Conveyor:Actors:Wire:GiveUpAfter</c> becomes
/// <c>conveyor.wire.give-up-after</c>.
/// </summary>
static class ActorOptionKeys
{
    const string Section = $"{ConveyorOptions.SectionName}:Actors";
    const string MustBe = "it must be ";

    /// <summary>Adds a key for each option that is set.</summary>
    public static void Add(HoconKeys keys, ActorOptions options)
    {
        foreach (var (option, value) in SetOptions.Find(Section, options))
            Add(keys, GetKey(option), value);
    }

    /// <summary>
    /// Returns an error for each option that is out of range. Options that contradict each other are found when the
    /// actor system starts, because the other one may be set in HOCON.
    /// </summary>
    public static IEnumerable<string> Validate(ActorOptions options) =>
        SetOptions
            .Find(Section, options)
            .Select(set =>
                FindRange(GetKey(set.Key), set.Value) is { } range
                    ? $"{set.Key} is {ConveyorOptionsValidator.Describe(set.Value)}; {MustBe}{range}"
                    : null
            )
            .OfType<string>();

    static string? FindRange(string key, object value)
    {
        try
        {
            var keys = new HoconKeys();
            Add(keys, key, value);
            ConveyorSettings.FromConfig(keys.ToConfig());
            return null;
        }
        catch (ConfigurationException e)
            when (e.Message.StartsWith($"{key} is '", StringComparison.Ordinal)
                && e.Message.IndexOf(MustBe, StringComparison.Ordinal) is > 0 and var at
            )
        {
            // HOCON writes a value that is left out here as the word "auto".
            return e.Message[(at + MustBe.Length)..].Replace("auto or ", "", StringComparison.Ordinal);
        }
        catch (ConfigurationException)
        {
            return null;
        }
    }

    static string GetKey(string option) =>
        "conveyor"
        + string.Concat(option[(Section.Length + 1)..].Split(':').Select(part => $".{HoconKeys.ToKebabCase(part)}"));

    static void Add(HoconKeys keys, string key, object value)
    {
        _ = value switch
        {
            TimeSpan time => keys.Add(key, time),
            bool isOn => keys.Add(key, isOn),
            string text => keys.Add(key, HoconKeys.Quote(text)),
            _ => keys.Add(key, (IFormattable)value),
        };
    }
}
