using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;

namespace ConveyorActors.Actors.Settings;

/// <summary>
/// Refuses, before any actor is created, a dispatcher that cannot be created or that would run actors on their sender's
/// thread. Akka itself would report it only in the log of the missing actor.
/// </summary>
static class DispatcherCheck
{
    static readonly string[] Types = ["Dispatcher", "TaskDispatcher", "PinnedDispatcher", "ForkJoinDispatcher"];

    static readonly string[] Executors =
    [
        "default-executor",
        "thread-pool-executor",
        "fork-join-executor",
        "task-executor",
        "channel-executor",
    ];

    /// <summary>The keys of which a dispatcher's block must have at least one.</summary>
    static readonly string[] Marks =
    [
        "type",
        "executor",
        "throughput",
        "throughput-deadline-time",
        "fork-join-executor",
        "thread-pool-executor",
        "dedicated-thread-pool",
        "channel-executor",
    ];

    /// <summary>Validates the dispatcher that a key names.</summary>
    /// <exception cref="ConfigurationException">
    /// The message names the key, its value and what would be right.
    /// </exception>
    public static void Check(ExtendedActorSystem system, Config config, string key, string id)
    {
        if (config.GetValue(id) is not { } block || !block.IsObject())
            throw new ConfigurationException(
                $"{key} is \"{id}\"; it must be the path of a dispatcher's block in the configuration, and there is none."
            );
        var keys = block.GetObject().Items;
        if (!Marks.Any(keys.ContainsKey))
        {
            throw new ConfigurationException(
                $"{key} is \"{id}\"; it must be the path of a dispatcher's block in the configuration, and that block is none: it has neither type nor executor nor throughput."
            );
        }
        var type = CheckName(
            config,
            key,
            id,
            "type",
            Types,
            typeof(MessageDispatcherConfigurator),
            "SynchronizedDispatcher"
        );
        CheckName(
            config,
            key,
            id,
            "executor",
            Executors,
            typeof(ExecutorServiceConfigurator),
            "current-context-executor"
        );
        if (
            keys.ContainsKey("throughput")
            && !(
                int.TryParse(
                    ReadText(config, id, "throughput"),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var throughput
                )
                && throughput >= 1
            )
        )
            throw CreateError(config, key, id, "throughput", "a whole number from 1");
        if (type != "PinnedDispatcher")
            Make(system, key, id); // creating a pinned dispatcher would start a thread each time
    }

    static string? CheckName(
        Config config,
        string key,
        string id,
        string name,
        string[] known,
        Type derivedFrom,
        string onTheCallersThread
    )
    {
        if (!config.HasPath($"{id}.{name}"))
            return null;
        var text = ReadText(config, id, name);
        if (known.Contains(text, StringComparer.Ordinal))
            return text;
        var type = text == onTheCallersThread ? null : Type.GetType(text);
        if (text == onTheCallersThread || type?.Name.StartsWith("CallingThread", StringComparison.Ordinal) is true)
            throw CreateError(
                config,
                key,
                id,
                name,
                $"one that has threads of its own: {FormatList(known)}; this one runs actors on the thread of their sender"
            );
        if (type is null || !derivedFrom.IsAssignableFrom(type))
            throw CreateError(
                config,
                key,
                id,
                name,
                $"{FormatList(known)}, or the full name of a class derived from {derivedFrom.Name}"
            );
        return text;
    }

    static void Make(ExtendedActorSystem system, string key, string id)
    {
        try
        {
            system.Dispatchers.Lookup(id);
        }
        catch (Exception failure)
        {
            throw new ConfigurationException(
                $"{key} is \"{id}\"; that dispatcher cannot be created: {failure.Message} Correct the keys of the block {id}.",
                failure
            );
        }
    }

    static string ReadText(Config config, string id, string name)
    {
        var value = config.GetValue($"{id}.{name}");
        return value.IsString() ? value.GetString() ?? ""
            : value.IsObject() ? "a block"
            : "a list";
    }

    static ConfigurationException CreateError(Config config, string key, string id, string name, string must) =>
        new($"{id}.{name} is \"{ReadText(config, id, name)}\"; it must be {must}. ({key} names this dispatcher.)");

    static string FormatList(string[] names) => $"{string.Join(", ", names[..^1])} or {names[^1]}";
}
