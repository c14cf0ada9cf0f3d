namespace ConveyorActors.Hosting.Options;

/// <summary>
/// Settings over which options are laid one after the other. A value that the settings refuse leaves them as they are,
/// and becomes an error that names its key.
/// </summary>
/// <param name="key">The key of the options.</param>
/// <param name="settings">The settings that hold where the options say nothing.</param>
/// <param name="errors">Gets a sentence for each value that is refused.</param>
sealed class OptionsOverlay<TSettings>(string key, TSettings settings, List<string> errors)
{
    /// <summary>Gets the settings with all options so far.</summary>
    public TSettings Settings { get; private set; } = settings;

    /// <summary>Lays an option over the settings.</summary>
    /// <param name="name">The option's own name.</param>
    /// <param name="value">Its value; null: the option says nothing.</param>
    /// <param name="set">Returns the settings with the value. May throw an <see cref="ArgumentException"/>.</param>
    public OptionsOverlay<TSettings> Set<TValue>(string name, TValue? value, Func<TSettings, TValue, TSettings> set)
        where TValue : struct
    {
        if (value is not { } given)
            return this;
        try
        {
            Settings = set(Settings, given);
        }
        catch (ArgumentException e)
        {
            // The settings say "NAME is VALUE; it must be ...": the name is that of the key.
            var sentence = OptionsReader.Sentence(e);
            errors.Add($"{key}:{name}{sentence[sentence.IndexOf(" is ", StringComparison.Ordinal)..]}");
        }
        return this;
    }
}
